/**
 * The transport over Node's modules while it is attacked, on Node.
 *
 * What the attacks are, and what is asserted of them, stands in `tests/support/slow_attacks.ts`; each
 * runtime has a file of its own, so that both run at the same time.
 *
 * @module
 */
import { testSlowAttacks } from "../support/slow_attacks.ts";

testSlowAttacks("Node 24");
