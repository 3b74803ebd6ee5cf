// stanza over BOSH or WebSocket.
import * as XMPP from "stanza";
import { asked, fail, jid, leave, node, tell } from "./told.mjs";

const transports = asked.service.startsWith("ws") ? { websocket: asked.service } : { bosh: asked.service };
const client = XMPP.createClient({
    jid,
    password: asked.password,
    resource: asked.resource,
    transports: { websocket: false, bosh: false, ...transports },
    autoReconnect: false,
});

client.on("session:started", async () => {
    try {
        tell("session", { jid: client.jid });
        await client.getRoster();
        client.sendPresence({ priority: 0 });
        await client.subscribeToNode(`pubsub.${asked.domain}`, { node, jid: client.jid });
        tell("subscribed");
        await client.ping(asked.domain);
        tell("ready");
    } catch (error) {
        fail(JSON.stringify(error));
    }
});
client.on("presence", (presence) => tell("presence", { from: presence.from, type: presence.type }));
// The notification is no payload that stanza knows, so that its text is taken from the stanza as it came.
client.on("raw:incoming", (xml) => {
    for (const message of xml.match(/<message[ >].*?<\/message>/gs) ?? []) {
        const text = /<notification[^>]*>(.*?)<\/notification>/s.exec(message)?.[1] ?? "";
        tell("event", {
            node: /<items[^>]* node="([^"]*)"/.exec(message)?.[1],
            to: /<message[^>]* to="([^"]*)"/.exec(message)?.[1],
            text: text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&"),
        });
    }
});
client.on("auth:failed", () => fail("auth:failed"));
client.on("stream:error", (error) => fail(JSON.stringify(error)));
client.on("disconnected", () => {
    tell("left");
    process.exit(0);
});
client.connect();
await leave;
client.disconnect();
