"""The control of a mock that runs: what is going on in it, and orders to it, over HTTP and on a page.

Theory of operation
-------------------
`view` tells in plain values what is; `orders` reads what somebody wants, and `control` does it by what the deployment
has anyhow: services as its consoles start and stop them, telephones and agents of its peripheral, proxies of its links.
`door` lets requests in, `server` answers them. The page (`page/`) and the command `finesse-chaos mock service` are
clients of the same three addresses, and can do nothing else:

    GET  /TOKEN/              the page, its script and its style, where the page is wanted
    GET  /TOKEN/state         what is, as JSON; 304 if it is what the client has (ETag)
    POST /TOKEN/orders        one order, as JSON; 200 done, 202 under way, 400 no order, 409 refused, with its reason

The page asks every second instead of holding a stream of events open: there is nothing to be ended when the mock stops,
and whoever looks is never more than one answer behind.
"""
