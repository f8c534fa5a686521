/**
 * A program that attacks a port: `attacker.ts <name of the attack> <port> <offenders>`. Says "begun" on a
 * line once every offender has begun, and goes on until its standard input ends.
 *
 * @module
 */
import { attack, attacks } from "./attacks.ts";

const [name, port, count] = Deno.args;
const chosen = attacks.find((one) => one.name === name);
if (chosen === undefined) throw new Error(`No attack is named ${name}`);
const running = attack(chosen, Number(port), Number(count));
running.begun.then(() => console.log("begun"));
for await (const _ of Deno.stdin.readable);
running.stop();
