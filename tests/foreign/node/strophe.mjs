// strophe.js over BOSH (http…/http-bind/) or WebSocket (wss…/ws/).
import { DOMParser } from "@xmldom/xmldom";
import xhr from "xmlhttprequest-ssl";
import { asked, fail, jid, leave, node, tell } from "./told.mjs";

// What a browser has and Node has not: requests, whose answers it reads as XML by itself.
globalThis.XMLHttpRequest = class extends xhr.XMLHttpRequest {
    constructor() {
        super();
        const get = () => this.responseText && new DOMParser().parseFromString(this.responseText, "text/xml");
        Object.defineProperty(this, "responseXML", { get, set: () => {} });
    }
};

const { Strophe, $iq, $pres } = await import("strophe.js");
const connection = new Strophe.Connection(asked.service);

const iq = (stanza) => new Promise((resolve, reject) => connection.sendIQ(stanza, resolve, reject, 10_000));

async function connected() {
    tell("session", { jid: connection.jid });
    connection.addHandler(presence, null, "presence");
    connection.addHandler(message, null, "message");
    await iq($iq({ type: "get", id: connection.getUniqueId() }).c("query", { xmlns: "jabber:iq:roster" }));
    connection.send($pres().c("priority").t("0"));
    const subscribe = $iq({ type: "set", to: `pubsub.${asked.domain}`, id: connection.getUniqueId() })
        .c("pubsub", { xmlns: "http://jabber.org/protocol/pubsub" })
        .c("subscribe", { node, jid: connection.jid });
    await iq(subscribe);
    tell("subscribed");
    await iq($iq({ type: "get", to: asked.domain, id: connection.getUniqueId() }).c("ping", { xmlns: "urn:xmpp:ping" }));
    tell("ready");
}

function presence(stanza) {
    tell("presence", { from: stanza.getAttribute("from"), type: stanza.getAttribute("type") });
    return true;
}

function message(stanza) {
    const items = stanza.getElementsByTagName("items")[0];
    const notification = stanza.getElementsByTagName("notification")[0];
    tell("event", {
        node: items.getAttribute("node"),
        to: stanza.getAttribute("to"),
        text: Strophe.getText(notification).replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&"),
    });
    return true;
}

connection.connect(jid, asked.password, (status, why) => {
    if (status === Strophe.Status.CONNECTED) {
        connected().catch(fail);
    } else if (status === Strophe.Status.DISCONNECTED) {
        tell("left");
        process.exit(0);
    } else if ([Strophe.Status.AUTHFAIL, Strophe.Status.CONNFAIL, Strophe.Status.ERROR].includes(status)) {
        fail(`status ${status}: ${why}`);
    }
});
await leave;
connection.disconnect("done");
