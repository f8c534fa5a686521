/**
 * Compresses a stream of as many MiB as the argument says, and prints by how many MiB the process
 * grew meanwhile. A program of its own, because tests share the memory of one process.
 *
 * @module
 */
import { compressor } from "../../src/layers/compress.ts";

const MIB = 1024 * 1024;

/** Bytes that compress to less than half. */
const chunk = Uint8Array.from({ length: 64 * 1024 }, (_, index) => 97 + (index * index) % 7);

async function drain(total: number): Promise<number> {
  let sent = 0;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (sent >= total) return controller.close();
      sent += chunk.length;
      controller.enqueue(chunk.slice());
    },
  }, { highWaterMark: 0 });
  const request = new Request("http://localhost/", { headers: { "accept-encoding": "gzip" } });
  const response = new Response(body, { headers: { "content-type": "text/plain" } });
  const compressed = await compressor()(request, response);
  const before = Deno.memoryUsage().rss;
  let growth = 0;
  for await (const _ of compressed.body ?? []) {
    growth = Math.max(growth, Deno.memoryUsage().rss - before);
  }
  if (sent !== total) throw new Error(`Only ${sent} bytes were read`);
  return growth;
}

// The first run pays for what the process keeps: compiled code, and the heap that it likes.
await drain(16 * MIB);
console.log(await drain(Number(Deno.args[0]) * MIB) / MIB);
