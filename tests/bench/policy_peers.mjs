// node policy_peers.mjs RULES.json CASES.jsonl NODE_MODULES PEER: how long another engine takes for one (field, provision, person) of
// the cases: cedar (Cedar as WebAssembly, policies prepared and sliced) or casbin. Prints JSON: pairs, p50, p99 (us).
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [rulesFile, casesFile, modules, peer] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
const { policiesFor } = await import("../proof/cedar/policies.mjs");
const rules = JSON.parse(readFileSync(rulesFile, "utf8"));
const requests = readFileSync(casesFile, "utf8").trim().split("\n").map((line) => JSON.parse(line));

// The same questions for every engine: one pair, the facts as recorded, no consent.
const questions = [];
for (const r of requests)
  for (const [category, ref, provision] of r.answers) {
    const person = r.persons.find((p) => p.ref === ref);
    questions.push({ r, category, provision: rules.provision.find((s) => s.id === provision), person, answers: person ?? r.whole });
    if (questions.length >= 3000) break;
  }

async function cedar() {
  const engine = require("@cedar-policy/cedar-wasm/nodejs");
  return async (q) => {
    const { r, person, answers } = q;
    const id = [q.provision.id, r.from, r.kind].join("|");
    const sets = { yes: answers.yes, no: answers.no, age: person?.age ?? -1, ageOpen: false };
    const context = {
      from: r.from, to: r.to, holder: r.holder, recipient: r.recipient, kind: r.kind, purpose: r.purpose, initiative: r.initiative,
      category: q.category, role: person?.role ?? "", emergency: r.emergency, agreement: r.agreements.length > 0,
      agreements: r.agreements, settings: r.settings, gated: rules.gate.includes(r.to), alsoCovered: [], protected: false,
      harmless: person?.harmless ?? false, age: sets.age, ageOpen: false, whole: { yes: r.whole.yes }, sure: sets, open: sets, a: sets,
    };
    if (!cedar.ready.has(id)) {
      engine.preparsePolicySet(id, { staticPolicies: policiesFor("break", q.provision, rules.rule, rules.provision, r).join("\n") });
      cedar.ready.add(id);
    }
    return () => engine.statefulIsAuthorized({
      principal: { type: "Party", id: "recipient" }, action: { type: "Action", id: "break" },
      resource: { type: "Provision", id: q.provision.id }, context, preparsedPolicySetId: id, validateRequest: false, entities: [],
    });
  };
}
cedar.ready = new Set();

// One policy line per rule and provision: parties, kind, purpose; the facts of the rule in the matcher.
async function casbin() {
  const { newEnforcer, newModelFromString } = require("casbin");
  const model = newModelFromString(`
[request_definition]
r = from, to, kind, purpose, provision, ctx
[policy_definition]
p = from, to, kind, purpose, provision, facts
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.provision == p.provision && listed(p.from, r.from) && listed(p.to, r.to) && listed(p.kind, r.kind) && listed(p.purpose, r.purpose) && answered(p.facts, r.ctx)`);
  const engine = await newEnforcer(model);
  const listed = (items, code) => items === "*" || items.split("|").includes(code);
  await engine.addFunction("listed", listed);
  await engine.addFunction("answered", (facts, ctx) => facts === "" || facts.split("|").every((f) => ctx.yes.includes(f)));
  for (const rule of rules.rule)
    for (const provision of rules.provision) {
      const reached = (rule.breaks ?? []).includes(provision.id) || (rule.breaks_all && !provision.protects_place);
      if (!reached || (rule.conditions ?? []).includes("consent")) continue;
      const facts = (rule.conditions ?? []).filter((c) => c.startsWith("fact:")).map((c) => c.slice(5));
      await engine.addPolicy(...[rule.from, rule.to, rule.kinds, rule.purposes].map((x) => x.join("|")), provision.id, facts.join("|"));
    }
  return async ({ r, provision, answers }) => () => engine.enforceSync(r.from, r.to, r.kind, r.purpose, provision.id, answers);
}

const prepare = await { cedar, casbin }[peer]();
const asks = [];
for (const q of questions) asks.push(await prepare(q));
for (const ask of asks.slice(0, 500)) ask(); // warm
const us = [];
for (const ask of asks) {
  const start = process.hrtime.bigint();
  ask();
  us.push(Number(process.hrtime.bigint() - start) / 1000);
}
us.sort((a, b) => a - b);
const at = (share) => us[Math.floor(share * (us.length - 1))];
console.log(JSON.stringify({ pairs: us.length, p50: at(0.5), p99: at(0.99) }));
