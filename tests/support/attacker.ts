/**
 * A program that attacks a port: `attacker.ts <name of the attack> <port> <offenders>`. Says "begun" on a
 * line once every offender has begun, and goes on until its standard input ends.
 *
 * @module
 */
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { type Attack, attacks } from "./attacks.ts";

/** A running attack. */
interface RunningAttack {
  /** Settles when every offender has begun. */
  readonly begun: Promise<void>;
  /** The offenders that think that they are connected. */
  readonly connected: number;
  /** Ends it. */
  stop(): void;
}

/** Milliseconds until an offender that was done comes back: 200 of them make 2,000 connections a second. */
const pause = 100;

/** Lets `asked` offenders loose, or as many as the attack may have, on a port of this machine; those that leave by themselves come back. */
function attack(
  { offend, endedBy, reads = false, over, most = Infinity }: Attack,
  port: number,
  asked: number,
): RunningAttack {
  const count = Math.min(asked, most);
  const sockets = new Set<Socket>();
  let isOver = false;
  let begun = 0;
  let tell: () => void;
  const all = new Promise<void>((resolve) => tell = resolve);
  const begin = (index: number): void => {
    const to = { host: "127.0.0.1", port, localAddress: `127.0.1.${1 + index % 250}` };
    const socket: Socket = over === "tls"
      ? connectTls({ ...to, rejectUnauthorized: false })
      : connect(to);
    sockets.add(socket);
    let end: void | (() => void);
    if (reads) socket.resume();
    socket.on("error", () => {});
    socket.on(over === "tls" ? "secureConnect" : "connect", () => {
      end = offend(socket);
      if (++begun === count) tell();
    });
    socket.on("close", () => {
      end?.();
      sockets.delete(socket);
      if (endedBy === "itself" && !isOver) setTimeout(() => isOver || begin(index), pause);
    });
  };
  for (let index = 0; index < count; index++) begin(index);
  return {
    begun: all,
    get connected() {
      return sockets.size;
    },
    stop() {
      isOver = true;
      for (const socket of sockets) socket.destroy();
    },
  };
}

const [name, port, count] = Deno.args;
const chosen = attacks.find((one) => one.name === name);
if (chosen === undefined) throw new Error(`No attack is named ${name}`);
const running = attack(chosen, Number(port), Number(count));
running.begun.then(() => console.log("begun"));
for await (const _ of Deno.stdin.readable);
running.stop();
