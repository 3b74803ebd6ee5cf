// @xmpp/client over WebSocket (wss), STARTTLS (xmpp) or TLS (xmpps).
import { client, xml } from "@xmpp/client";
import { asked, fail, leave, node, tell } from "./told.mjs";

const xmpp = client({
    service: asked.service,
    domain: asked.domain,
    resource: asked.resource,
    username: asked.user,
    password: asked.password,
});
xmpp.reconnect.stop();

xmpp.on("error", fail);
xmpp.on("stanza", (stanza) => {
    if (stanza.is("presence")) {
        tell("presence", { from: stanza.attrs.from, type: stanza.attrs.type ?? null });
    } else if (stanza.is("message")) {
        const items = stanza.getChild("event").getChild("items");
        tell("event", {
            node: items.attrs.node,
            to: stanza.attrs.to,
            text: items.getChild("item").children[0].text(),
        });
    }
});
xmpp.on("online", async (address) => {
    try {
        tell("session", { jid: address.toString() });
        const { iqCaller } = xmpp;
        await iqCaller.get(xml("query", "jabber:iq:roster"));
        await xmpp.send(xml("presence", {}, xml("priority", {}, "0")));
        const subscribe = xml("subscribe", { node, jid: address.toString() });
        const pubsub = xml("pubsub", "http://jabber.org/protocol/pubsub", subscribe);
        await iqCaller.set(pubsub, `pubsub.${asked.domain}`);
        tell("subscribed");
        await iqCaller.get(xml("ping", "urn:xmpp:ping"), asked.domain);
        tell("ready");
    } catch (error) {
        fail(error);
    }
});
await xmpp.start();
await leave;
await xmpp.stop();
tell("left");
