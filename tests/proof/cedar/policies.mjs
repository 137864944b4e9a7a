// Cedar policies out of the rule files (as JSON), one policy set for each provision: what breaks it as permit, what may not be
// relied on as forbid. Written from docs/confidentiality.md; shares no code with the engine.
//
// A request is one (field, provision, person). Action "break": rules without consent, and recorded harm tests. Action
// "consent": rules that need consent, on the strength of one consent in the context. Three-valued logic by asking
// twice: once with only what is known, once with every unknown answered as the rule wishes ("open").

const text = (s) => JSON.stringify(s);
const list = (items) => `[${items.map(text).join(", ")}]`;
const wildcard = (items) => items.includes("*");
const date = (d) => (typeof d === "string" ? d : undefined);

export function inForce(item, today) {
  const from = date(item.in_force_from), to = date(item.in_force_to);
  return (from === undefined || from <= today) && (to === undefined || today <= to);
}

const conditions = (rule) => rule.conditions ?? [];
export const needsConsent = (rule) => conditions(rule).includes("consent");

function milliseconds(ttl) {
  if (ttl === undefined) return 0;
  const [number, unit] = ttl.split(" ");
  return Number(number) * (unit.startsWith("hour") ? 3600000 : 60000);
}

// Holds for everyone the message is about (context.a, and context.b when there are two).
const everyone = (make) => `(${make("context.a")} && (!(context has b) || ${make("context.b")}))`;

function condition(rule, c) {
  if (c === "consent") return undefined; // the action "consent"
  if (c === "agreement") return "context.agreement";
  if (c === "emergency") return `(context.emergency >= 0 && context.emergency < ${milliseconds(rule.ttl)})`;
  if (c === "protected") return "context.protected";
  if (c === "not_protected") return "!context.protected";
  if (c.startsWith("fact:")) return everyone((w) => `${w}.yes.contains(${text(c.slice(5))})`);
  if (c.startsWith("not_fact:")) return everyone((w) => `${w}.no.contains(${text(c.slice(9))})`);
  if (c.startsWith("any_fact:")) return everyone((w) => `${w}.yes.containsAny(${list(c.slice(9).split("|"))})`);
  // A known age decides alone; an unknown one leaves it to the assumption.
  if (c === "age<18_or_assumed")
    return everyone((w) => `((${w}.age >= 0 && ${w}.age < 18) || (${w}.age < 0 && ${w}.yes.contains("assumed_under_18")))`);
  const age = /^age(<|>=| )(\d+)(?:-(\d+))?$/.exec(c);
  if (!age) throw new Error(`a condition that the proof does not know: ${c}`);
  const low = age[1] === "<" ? 0 : Number(age[2]);
  const high = age[1] === "<" ? Number(age[2]) - 1 : age[1] === " " ? Number(age[3]) : 200;
  return everyone((w) => `(${w}.ageOpen || (${w}.age >= ${low} && ${w}.age <= ${high}))`);
}

function matches(rule) {
  const out = [];
  const one = (items, what) => {
    if (!wildcard(items)) out.push(`${list(items)}.contains(context.${what})`);
  };
  one(rule.from, "from");
  one(rule.to, "to");
  one(rule.kinds, "kind");
  one(rule.purposes, "purpose");
  if (rule.initiative) one(rule.initiative, "initiative");
  if (rule.setting) {
    const on = `context.settings.contains(${text(rule.setting)})`;
    out.push(rule.while_off === "hold" ? `(${on} || context.lawOpen)` : on);
  }
  for (const c of conditions(rule)) {
    const made = condition(rule, c);
    if (made !== undefined) out.push(made);
  }
  if (needsConsent(rule)) {
    const accepted = everyone((w) => `${w}.yes.contains("recipient_reservation")`);
    out.push(`(!context.gated || ${accepted})`);
  }
  if (rule.modality !== "must") {
    const tested = everyone((w) => `${w}.yes.contains("new_purpose_tested")`);
    out.push(`(!context.newPurpose || context.settings.contains("police_purpose_tested_before") || ${tested})`);
  }
  return out;
}

const ordinary = (provision) => !provision.public_interest && !provision.protects_place;

// How a rule reaches a provision: "" not at all, else a Cedar expression.
function breaks(rule, provision) {
  if ((rule.breaks ?? []).includes(provision.id)) return "true";
  if (!rule.breaks_all || (rule.breaks_not ?? []).includes(provision.id)) return "";
  return provision.protects_place ? 'context.settings.contains("duty_breaks_protected_address")' : "true";
}

function reach(rule, provision, provisions) {
  const direct = breaks(rule, provision);
  if (direct === "true" || !provision.cleared_with_any_breaker) return direct;
  // OSL 21:2: what breaks another paragraph over the same data breaks this one too.
  const others = provisions
    .filter((o) => o.id !== provision.id && ordinary(o) && !o.unbreakable && breaks(rule, o) === "true")
    .map((o) => o.id);
  const by_other = others.length > 0 ? `context.alsoCovered.containsAny(${list(others)})` : "";
  return [direct, by_other].filter((x) => x !== "").join(" || ");
}

const permit = (action, when) =>
  `permit(principal, action == Action::${text(action)}, resource) when { ${when.length > 0 ? when.join(" && ") : "true"} };`;

// Who may give it, and whether this one reaches the field: OSL 12:2, 12:3.
const guardian = ["both_guardians", "guardian", "guardian_and_child", "both_guardians_and_child"];
const invalidConsents = [
  "context.consent.holder != context.holder",
  "!context.consent.recipients.contains(context.recipient)",
  "!context.consent.purposes.contains(context.purpose)",
  '!(context.consent.categories.contains(context.category) || (context.category == "protection" && context.consent.categories.contains("identity")))',
  "context.consent.begins > 0",
  "context.consent.ends <= 0",
  "context.consent has revoked && context.consent.revoked <= 0",
  "context.consent has agreement && !context.agreements.contains(context.consent.agreement)",
  "!context.ageOpen && context.age < 0",
  'context.age >= 18 && context.consent.giver != "self"',
  'context.age >= 0 && context.age < 15 && context.consent.giver == "self"',
  'context.age >= 0 && context.age < 18 && context.consent.giver == "self" && !context.consent.assessed',
  'context.age >= 0 && context.age < 18 && context.consent.giver like "*_and_child" && !context.consent.assessed',
  `context.age >= 0 && context.age < 18 && context.consent.giver != "self" && !${list(guardian)}.contains(context.consent.giver)`,
  'context.age >= 0 && context.age < 18 && context.consent.giver != "self" && context.sure.yes.contains("guardian_harm")',
  'context.age >= 0 && context.age < 18 && context.consent.giver != "self" && context.settings.contains("guardian_test_must_be_recorded") && !context.open.no.contains("guardian_harm")',
  'context.age >= 0 && context.age < 18 && context.consent.giver != "self" && !(context.consent.giver like "both_*") && !context.settings.contains("one_guardian_suffices") && !context.open.yes.contains("sole_custody")',
].map((when) => `forbid(principal, action == Action::"consent", resource) when { ${when} };`);

// The policies that could speak of a request of this slice. Leaving out what cannot is Cedar's own advice ("policy slicing");
// each policy still holds all its conditions.
export function policiesFor(action, provision, rules, provisions, slice) {
  const out = [];
  const speaks = (items, code) => wildcard(items) || items.includes(code);
  const current = rules.filter((r) => inForce(r, slice.date) && speaks(r.from, slice.from) && speaks(r.kinds, slice.kind));
  for (const rule of current) {
    const reached = reach(rule, provision, provisions);
    if (reached === "" || needsConsent(rule) !== (action === "consent")) continue;
    const when = [...matches(rule), `(${reached})`];
    // A permission of which more is asked than anybody can keep clears nothing beside a duty.
    if (rule.modality !== "must") when.push(`!context.aside.contains(${text(rule.id)})`);
    if (!wildcard(rule.persons)) when.push(`${list(rule.persons)}.contains(context.role)`);
    // "*" is every category but envelope.
    when.push(wildcard(rule.categories) ? '(context.category != "envelope")' : `${list(rule.categories)}.contains(context.category)`);
    if (!needsConsent(rule)) when.push("!context.gated");
    out.push(permit(action, when));
  }
  if (provision.unbreakable) out.push("forbid(principal, action, resource);");
  if (action === "consent") {
    if (provision.public_interest) out.push('forbid(principal, action == Action::"consent", resource);');
    return out.length > 0 ? [...out, ...invalidConsents] : out;
  }
  const testable = provision.test !== "absolute" && !provision.unbreakable && ordinary(provision);
  if (testable)
    for (const rule of current) out.push(permit("break", ["context.harmless", "!context.gated", ...matches(rule)]));
  if (provision.own_test && provision.test === "straight")
    out.push(permit("break", [`context.whole.yes.contains(${text(provision.own_test)})`, "!context.gated"]));
  if (provision.protects_place) out.push(permit("break", ['context.sure.yes.contains("location_release")', "!context.gated"]));
  return out;
}
