// Record the Vercel AI SDK 6 or 7: in the folder from which this is run, npm install ai@6 (or ai@7 @ai-sdk/otel) zod
//   @opentelemetry/sdk-trace-node @opentelemetry/resources
//   @opentelemetry/exporter-trace-otlp-proto (or -http for JSON)
// and then: node record_vercel.mjs FOLDER proto|http [OpenTelemetry|LegacyOpenTelemetry, of @ai-sdk/otel]
// A call that succeeds, one that throws, and one of a tool that there is not.

import { createServer } from "node:http";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gunzipSync } from "node:zlib";

Error.stackTraceLimit = 0; // it names folders of this machine

const require = createRequire(`${process.cwd()}/`);
const ai = require("ai");
const { generateText, stepCountIs, tool } = ai;
const { MockLanguageModelV3 } = require("ai/test");
const { z } = require("zod");
const { resourceFromAttributes } = require("@opentelemetry/resources");
const { NodeTracerProvider, SimpleSpanProcessor } = require("@opentelemetry/sdk-trace-node");

const [, , folder, encoding, integration] = process.argv;
const name = ["vercel-ai", require("ai/package.json").version, integration?.toLowerCase()].filter(Boolean).join("-");
const file = `${folder}/${name}.${encoding === "proto" ? "binpb" : "json"}`;
const { OTLPTraceExporter } = require(`@opentelemetry/exporter-trace-otlp-${encoding}`);

class GatheringExporter {
  // One request for all: in JSON two bodies make no third.
  spans = [];
  constructor(exporter) {
    this.exporter = exporter;
  }
  export(spans, done) {
    this.spans.push(...spans);
    done({ code: 0 });
  }
  async shutdown() {
    await new Promise((resolve) => this.exporter.export(this.spans, resolve));
    await this.exporter.shutdown();
  }
}

const server = createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const body = Buffer.concat(parts);
    writeFileSync(file, request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body);
    response.writeHead(200).end();
  });
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

const exporter = new OTLPTraceExporter({ url: `http://127.0.0.1:${server.address().port}/v1/traces` });
const provider = new NodeTracerProvider({
  resource: resourceFromAttributes({ "service.name": "shop" }),
  spanProcessors: [new SimpleSpanProcessor(new GatheringExporter(exporter))],
});

provider.register();
const tracer = provider.getTracer("ai");
if (integration) ai.registerTelemetry(new (require("@ai-sdk/otel")[integration])({ tracer }));
const session = { sessionId: "conversation-7" };
const settings = integration
  ? { telemetry: { includeRuntimeContext: { sessionId: true } }, runtimeContext: session }
  : { experimental_telemetry: { isEnabled: true, tracer, metadata: session } };

const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
};
const tools = {
  add: tool({ inputSchema: z.object({ a: z.number(), b: z.number() }), execute: async ({ a, b }) => a + b }),
  fail: tool({
    inputSchema: z.object({ reason: z.string() }),
    execute: async ({ reason }) => {
      throw new Error(reason);
    },
  }),
};

for (const [toolName, input] of Object.entries({ add: { a: 1, b: 2 }, fail: { reason: "no" }, missing: {} })) {
  const call = { type: "tool-call", toolCallId: `call_${toolName}`, toolName, input: JSON.stringify(input) };
  const asked = { content: [call], finishReason: { unified: "tool-calls", raw: undefined }, usage, warnings: [] };
  const text = [{ type: "text", text: "done" }];
  const done = { content: text, finishReason: { unified: "stop", raw: undefined }, usage, warnings: [] };
  const answers = [asked, done];
  await generateText({
    model: new MockLanguageModelV3({ doGenerate: async () => answers.shift() }),
    tools,
    prompt: "go",
    stopWhen: stepCountIs(3),
    ...settings,
  });
}
await provider.shutdown();
server.close();
