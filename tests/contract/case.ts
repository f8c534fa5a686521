/**
 * A case of the contract: what every transport does, and in data what one of them does otherwise.
 *
 * @module
 */
import type { Ask } from "./ask.ts";
import { type Column, h1, type Protocol, protocols, type Runtime, type Target } from "./target.ts";

/** One behaviour. */
export interface Case {
  /** The row of the table it proves. */
  readonly feature: string;
  /** What is done, in words. */
  readonly name: string;
  /**
   * The protocols that have it.
   *
   * @default all of them
   */
  readonly protocols?: readonly Protocol[];
  /** Where it is otherwise, by the nature of a transport; the first that fits counts. */
  readonly differs?: readonly Difference[];
  /** Fails where it is not so. */
  readonly run: (ask: Ask) => Promise<void>;
}

/** What is otherwise at one place. */
export interface Difference {
  /** Where. */
  readonly transport?: Column["transport"];
  /** Where. */
  readonly runtimes?: readonly Runtime[];
  /** Where. */
  readonly protocols?: readonly Protocol[];
  /** What the table says: a word or two. */
  readonly cell: string;
  /** What is there instead, and why it is so. */
  readonly because: string;
  /** Fails where it is not even so. */
  readonly run: (ask: Ask) => Promise<void>;
}

/** How a case is held against a target; `undefined` where its version of HTTP has nothing of it. */
export function differenceAt(one: Case, target: Target): Difference | undefined {
  return one.differs?.find(({ transport, runtimes, protocols }) =>
    (transport === undefined || transport === target.transport) &&
    (runtimes === undefined || runtimes.includes(target.runtime)) &&
    (protocols === undefined || protocols.includes(target.protocol))
  );
}

/** Whether a case is about a protocol. */
export function appliesTo(one: Case, protocol: Protocol): boolean {
  return (one.protocols ?? protocols).includes(protocol);
}

/** Bytes that go over HTTP/1.1, and the statuses with which they are answered. */
export interface RawCase {
  /** What they are. */
  readonly name: string;
  /** The bytes, each character one. */
  readonly bytes: string;
  /** The status; several where RFC 9110 leaves it open; 0 for a close without an answer. */
  readonly status: number | readonly number[];
  /** Where a transport answers otherwise. */
  readonly otherwise?: Omit<Difference, "run"> & Pick<RawCase, "status">;
  /** Whether the connection is closed after it, as what follows cannot be told from it. */
  readonly closes?: boolean;
}

/** Cases of a table of bytes. */
export function rawCases(feature: string, table: readonly RawCase[]): Case[] {
  return table.map(({ name, bytes, status, closes = false, otherwise }) => {
    const asked = { bytes, closes };
    return {
      feature,
      name,
      protocols: h1,
      run: (ask) => answersWith(ask, { ...asked, status }),
      differs: otherwise === undefined ? [] : [{
        ...otherwise,
        run: (ask) => answersWith(ask, { ...asked, status: otherwise.status }),
      }],
    };
  });
}

async function answersWith(
  ask: Ask,
  { bytes, status, closes }: Pick<RawCase, "bytes" | "status" | "closes">,
): Promise<void> {
  const statuses = typeof status === "number" ? [status] : status;
  using connection = await ask.connect();
  await connection.send(bytes);
  const head = await connection.readHead();
  const received = head?.status ?? 0;
  if (!statuses.includes(received)) {
    throw new Error(`Expected ${statuses.join(" or ")}, received ${received}`);
  }
  if (closes && head !== undefined) await connection.readEnd();
}
