/**
 * The programs of other people that the tests talk to, and how a machine gets them.
 *
 * A test asks {@linkcode hasPeer}; `tests/run.ts` installs what is missing where it may. A new peer
 * is one more line in {@linkcode peers}.
 *
 * @module
 */

/** A real program that tests run against. */
export interface Peer {
  /** The command looked for on the path. */
  readonly command: string;
  /** The Debian package that brings it. */
  readonly debian: string;
}

/** Every peer some test needs. */
export const peers: readonly Peer[] = [
  { command: "curl", debian: "curl" },
  { command: "openssl", debian: "openssl" },
  { command: "npm", debian: "npm" },
  { command: "npx", debian: "npm" },
  { command: "ip", debian: "iproute2" },
  { command: "nghttp", debian: "nghttp2-client" },
  { command: "h2load", debian: "nghttp2-client" },
  { command: "slowhttptest", debian: "slowhttptest" },
];

/**
 * Whether this machine has the peer. On CI a missing one throws, so that a skipped test is never
 * taken for a passed one.
 *
 * @throws {Error} when the peer is missing and the environment variable `CI` is set.
 */
export function hasPeer(command: string): boolean {
  const found = isOnPath(command);
  if (!found && Deno.env.get("CI")) {
    throw new Error(`Cannot test against "${command}": it is not installed, and CI skips nothing`);
  }
  if (!found) console.log(`Skipped: the tests against "${command}", which is not installed`);
  return found;
}

/** The peers this machine does not have. */
export function missingPeers(): Peer[] {
  return peers.filter(({ command }) => !isOnPath(command));
}

/**
 * Installs peers from Debian's packages if this machine allows it: root, with `apt-get`.
 *
 * @returns what is still missing afterwards.
 */
export async function installPeers(wanted: readonly Peer[]): Promise<Peer[]> {
  if (wanted.length === 0) return [];
  if (Deno.build.os === "linux" && Deno.uid() === 0 && isOnPath("apt-get")) {
    const packages = wanted.map(({ debian }) => debian);
    console.log(`Installing what the tests talk to: ${packages.join(" ")}`);
    await aptGet("update");
    await aptGet("install", "-y", "--no-install-recommends", ...packages);
  }
  return wanted.filter(({ command }) => !isOnPath(command));
}

function isOnPath(command: string): boolean {
  const windows = Deno.build.os === "windows";
  const folders = (Deno.env.get("PATH") ?? "").split(windows ? ";" : ":");
  return folders.some((folder) => isFile(`${folder}/${command}${windows ? ".exe" : ""}`));
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

async function aptGet(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("apt-get", {
    args: ["-q", ...args],
    env: { DEBIAN_FRONTEND: "noninteractive" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) console.error(new TextDecoder().decode(stderr).trim());
}
