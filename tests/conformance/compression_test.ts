/** The compression table: what `compression` makes of a service's answers (spec 4.1). */
import { type CompressionConfig, get, ok, type Service, service } from "@pirouette/http";
import { conformance } from "./cases.ts";
import { expectCoded } from "./coded.ts";

const long = "Hello World!!! ".repeat(200);
const record = { test: long };
const [text, json, xml] = [long, JSON.stringify(record), `<a>${long}</a>`];

function answering(compression: CompressionConfig): Service {
  return service({ compression }, [
    get("/text", () => long),
    get("/json", () => record),
    get("/xml", () => ok({ body: xml, mediaType: "application/xml" })),
  ]);
}

conformance("compression", {
  "AUTO with gzip": async () => {
    const configs: CompressionConfig[] = [{}, { enable: "AUTO" }, { contentTypes: ["text/plain"] }];
    for (const config of configs) {
      const auto = answering(config);
      await expectCoded(auto, "/text", "gzip", { coding: "gzip", body: text });
      await expectCoded(auto, "/text", "gzip;q=0", { coding: null, body: text });
      await expectCoded(auto, "/text", undefined, { coding: null, body: text });
    }
  },

  "ALWAYS and contentTypes filter": async () => {
    const enable = "ALWAYS";
    for (const one of [answering({ enable }), answering({ enable, contentTypes: [] })]) {
      await expectCoded(one, "/text", undefined, { coding: "gzip", body: text });
      await expectCoded(one, "/json", undefined, { coding: "gzip", body: json });
    }
    const listed = answering({ enable, contentTypes: ["text/plain", "Application/Json"] });
    await expectCoded(listed, "/text", undefined, { coding: "gzip", body: text });
    await expectCoded(listed, "/json", undefined, { coding: "gzip", body: json });
    // What is not coded is `identity` without a field to say so (docs/differences.md).
    await expectCoded(listed, "/xml", undefined, { coding: null, body: xml });
  },
});
