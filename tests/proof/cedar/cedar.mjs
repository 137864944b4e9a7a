// node cedar.mjs RULES.json CASES.jsonl NODE_MODULES: asks Cedar about every (field, provision, person) of the cases and compares
// with the engine's answer. Prints one JSON object: pairs, questions, disagreements, examples. Exit code 1 when any.
import { createReadStream, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { inForce, policiesFor } from "./policies.mjs";

const [rulesFile, casesFile, modules] = process.argv.slice(2);
const cedar = createRequire(`${modules}/`)("@cedar-policy/cedar-wasm/nodejs");
const rules = JSON.parse(readFileSync(rulesFile, "utf8"));

const prepared = new Map(); // id of a policy set -> the facts that its policies name; undefined when it has no policy
function policySet(provision, action, request) {
  const id = [provision.id, action, request.from, request.kind, request.date].join("|");
  if (!prepared.has(id)) {
    const policies = policiesFor(action, provision, rules.rule, rules.provision, request);
    const answer = cedar.preparsePolicySet(id, { staticPolicies: policies.join("\n") });
    if (answer.type !== "success") throw new Error(`${id}: ${JSON.stringify(answer.errors).slice(0, 500)}`);
    const joined = policies.join("\n");
    prepared.set(id, policies.length > 0 ? rules.facts.filter((f) => joined.includes(JSON.stringify(f))) : undefined);
  }
  return id;
}

let questions = 0;
// The context carries the facts that the policies name and no others: it is copied into Cedar for every question.
function allows(request, provision, action, category, person, also, open, consent) {
  const id = policySet(provision, action, request);
  const facts = prepared.get(id);
  if (facts === undefined) return false; // Cedar denies where no policy permits
  const context = contextOf(request, category, person, also, open, facts);
  if (context === undefined) return false;
  if (consent !== undefined) context.consent = consent;
  ++questions;
  const answer = cedar.statefulIsAuthorized({
    principal: { type: "Party", id: "recipient" },
    action: { type: "Action", id: action },
    resource: { type: "Provision", id: provision.id },
    context,
    preparsedPolicySetId: id,
    validateRequest: false,
    entities: [],
  });
  if (answer.type !== "success" || answer.response.diagnostics.errors.length > 0)
    throw new Error(JSON.stringify(answer).slice(0, 500));
  return answer.response.decision === "allow";
}

const has = (items, code) => items.includes("*") || items.includes(code);
const hasCategory = (items, code) => items.includes(code) || (items.includes("*") && code !== "envelope");

// Which provisions cover this category of this person at this holder. Plain loops here and below: this runs hot, and node 20 has
// been seen to abort while it undoes its optimisation of callbacks.
function covering(request, category, person) {
  let anyProtected = false;
  for (const p of request.persons) if (p.protection !== "none") anyProtected = true;
  const out = [];
  for (const s of rules.provision) {
    if (!has(s.holders, request.from) || !hasCategory(s.categories, category) || !inForce(s, request.date)) continue;
    if (person !== undefined && !has(s.persons, person.role)) continue;
    let holds = true;
    for (const when of s.when ?? []) {
      if (when === "exchange.protected" || person === undefined) holds = holds && anyProtected;
      else if (when === "person.protected") holds = holds && person.protection !== "none";
      else holds = holds && person.protection === "fictitious";
    }
    if (holds) out.push(s.id);
  }
  return out;
}

// With only what is known, or with every unknown as the rule wishes.
function standpoint(answers, age, open, facts) {
  const yes = [], no = [];
  let unknown = open && age < 0;
  for (const fact of facts) {
    const is = answers.yes.includes(fact), not = answers.no.includes(fact);
    if (is || (open && !not)) yes.push(fact);
    if (not || (open && !is)) no.push(fact);
    unknown = unknown || (!is && !not);
  }
  return { sets: { yes, no, age, ageOpen: open && age < 0 }, unknown };
}

// Nothing when the question is an open one and nothing is unknown: it has been asked already.
function contextOf(request, category, person, also, open, facts) {
  const isSubject = (p) => p.role === "subject" || p.role === "tenant";
  const about = [];
  for (const p of request.persons) if (isSubject(p) && (person === undefined || !isSubject(person) || p === person)) about.push(p);
  const a = about.length > 0 ? standpoint(about[0], about[0].age, open, facts) : standpoint(request.whole, -1, open, facts);
  const b = about.length > 1 ? standpoint(about[1], about[1].age, open, facts) : undefined;
  const answers = person ?? request.whole;
  const own = standpoint(answers, person ? person.age : -1, open, facts);
  // A question of law that is still open is unknown too, for a rule that holds meanwhile.
  const lawOpen = open && rules.rule.some((r) => r.while_off === "hold" && !request.settings.includes(r.setting));
  if (open && !lawOpen && !a.unknown && !own.unknown && !(b !== undefined && b.unknown)) return undefined;
  const sure = standpoint(answers, -1, false, facts).sets;
  let anyProtected = false;
  for (const p of request.persons) if (p.protection !== "none") anyProtected = true;
  const out = {
    from: request.from, to: request.to, holder: request.holder, recipient: request.recipient, kind: request.kind,
    purpose: request.purpose, initiative: request.initiative, category, role: person ? person.role : "",
    emergency: request.emergency, agreement: request.agreements.length > 0, agreements: request.agreements,
    settings: request.settings, aside: request.aside, lawOpen, gated: rules.gate.includes(request.to),
    newPurpose: rules.newPurpose.includes(request.from), alsoCovered: also,
    protected: person ? person.protection !== "none" : anyProtected, harmless: person ? person.harmless : false,
    age: own.sets.age, ageOpen: own.sets.ageOpen, whole: { yes: standpoint(request.whole, -1, false, facts).sets.yes },
    sure: { yes: sure.yes, no: sure.no }, open: { yes: own.sets.yes, no: own.sets.no }, a: a.sets,
  };
  if (b !== undefined) out.b = b.sets;
  return out;
}

function cleared(request, provision, category, person, also, open) {
  if (allows(request, provision, "break", category, person, also, open)) return true;
  if (person === undefined) return false;
  for (const consent of person.consents)
    if (allows(request, provision, "consent", category, person, also, open, consent)) return true;
  return false;
}

let pairs = 0, disagreements = 0;
const examples = [];
function wrong(example) {
  ++disagreements;
  if (examples.length < 5) examples.push(example);
}
const byId = new Map(rules.provision.map((s) => [s.id, s]));
for await (const line of createInterface({ input: createReadStream(casesFile) })) {
  const request = JSON.parse(line);
  const answered = new Map(request.answers.map(([category, ref, provision, answer]) => [`${category}|${ref}|${provision}`, answer]));
  for (const [category, ref] of request.fields) {
    const person = request.persons.find((p) => p.ref === ref);
    const covers = covering(request, category, person);
    const said = request.answers.filter(([c, r]) => c === category && r === ref).map((x) => x[2]);
    if (covers.slice().sort().join() !== said.slice().sort().join())
      wrong({ what: "coverage", flow: `${request.from} -> ${request.to} ${request.kind}`, category, cedar: covers, engine: said });
    for (const id of covers) {
      ++pairs;
      const provision = byId.get(id);
      const also = covers.filter((other) => other !== id);
      const answer = cleared(request, provision, category, person, also, false) ? "yes"
        : cleared(request, provision, category, person, also, true) ? "unknown" : "no";
      const engine = answered.get(`${category}|${ref}|${id}`);
      if (answer !== engine)
        wrong({ what: id, flow: `${request.from} -> ${request.to} ${request.kind} ${request.purpose}`, category, role: person?.role ?? "", cedar: answer, engine });
    }
  }
}
console.log(JSON.stringify({ version: cedar.getCedarVersion(), pairs, questions, disagreements, examples }));
process.exitCode = disagreements === 0 ? 0 : 1;
