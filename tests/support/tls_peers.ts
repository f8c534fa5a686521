/**
 * Other people's TLS clients: `curl` and `openssl s_client`, one request each.
 *
 * @module
 */

/** How a program ended. */
export interface PeerRun {
  /** Its exit code. */
  readonly code: number;
  /** What it printed. */
  readonly stdout: string;
  /** What it complained about. */
  readonly stderr: string;
}

/** Asks with `curl`, for ten seconds at most. */
export function curl(...args: string[]): Promise<PeerRun> {
  return run("curl", ["-sS", "--max-time", "10", ...args]);
}

/**
 * Asks for `path` with `openssl s_client`, and prints the handshake and the answer.
 *
 * @param args what follows `-connect`
 */
export function sClient(port: number, path: string, ...args: string[]): Promise<PeerRun> {
  const where = ["-connect", `127.0.0.1:${port}`, "-ign_eof"];
  return run(
    "timeout",
    ["10", "openssl", "s_client", ...where, ...args],
    `GET ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`,
  );
}

async function run(command: string, args: readonly string[], input = ""): Promise<PeerRun> {
  const child = new Deno.Command(command, {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  // A peer that is refused ends before it has read everything.
  await writer.write(new TextEncoder().encode(input)).catch(() => {});
  await writer.close().catch(() => {});
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}
