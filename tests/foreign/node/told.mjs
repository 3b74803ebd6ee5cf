// What the clients beside this file share: what they are told (one JSON argument), and how they tell what they see.
import { createInterface } from "node:readline";
import { WebSocket } from "ws";

// As browsers and later Nodes have it.
globalThis.WebSocket ??= WebSocket;

export const asked = JSON.parse(process.argv[2]);
export const node = `/finesse/api/User/${asked.user}`;
export const jid = `${asked.user}@${asked.domain}/${asked.resource}`;

export function tell(what, more = {}) {
    process.stdout.write(JSON.stringify({ what, ...more }) + "\n");
}

export function fail(error) {
    tell("failed", { why: String(error?.stack ?? error) });
    process.exit(1);
}

// Resolves once we are told to leave: our standard input ends.
export const leave = new Promise((resolve) => {
    createInterface({ input: process.stdin }).on("close", resolve);
});

process.on("unhandledRejection", fail);
