/**
 * Every case of the contract.
 *
 * @module
 */
import type { Case } from "./case.ts";
import { around } from "./cases/around.ts";
import { badHeads } from "./cases/bad_heads.ts";
import { bodies } from "./cases/bodies.ts";
import { connections } from "./cases/connections.ts";
import { failures } from "./cases/failures.ts";
import { fields } from "./cases/fields.ts";
import { framing } from "./cases/framing.ts";
import { limits } from "./cases/limits.ts";
import { payloads } from "./cases/payloads.ts";
import { peers } from "./cases/peers.ts";
import { streams } from "./cases/streams.ts";
import { targets } from "./cases/targets.ts";

/** Every case, in the order of the table. */
export const cases: readonly Case[] = [
  ...targets,
  ...badHeads,
  ...fields,
  ...payloads,
  ...bodies,
  ...framing,
  ...connections,
  ...streams,
  ...failures,
  ...around,
  ...limits,
  ...peers,
];
