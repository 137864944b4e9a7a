#include "confidentiality/diff.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <tuple>
#include <unordered_map>

#include "confidentiality/cell_model.hpp"
#include "confidentiality/diff_items.hpp"

namespace samband {
namespace {

// One of the two sets.
struct Side {
  const RuleSet& set;
  CellModel model;
  std::vector<bool> rule_changed, provision_changed;  // by place in the index

  Side(const RuleSet& s, const Space& space) : set(s), model(s, space) {}

  void mark(const RuleSet& other) {
    std::set<std::string> same_rules, same_provisions;
    for (const auto& rule : other.rules) same_rules.insert(decisive_text(rule));
    for (const auto& provision : other.provisions) same_provisions.insert(decisive_text(provision));
    for (const auto& bits : model.index().rules) {
      const Rule& rule = set.rules[static_cast<std::size_t>(bits.position)];
      const bool switched = bits.setting != nullptr && set.settings.*bits.setting != other.settings.*bits.setting;
      rule_changed.push_back(switched || !same_rules.contains(decisive_text(rule)));
    }
    for (const auto& bits : model.index().provisions)
      provision_changed.push_back(
          !same_provisions.contains(decisive_text(set.provisions[static_cast<std::size_t>(bits.position)])));
  }
  bool any_changed(const Scene& scene) const {
    return std::any_of(scene.rules.begin(), scene.rules.end(),
                       [&](int r) { return rule_changed[static_cast<std::size_t>(r)]; }) ||
           std::any_of(scene.provisions.begin(), scene.provisions.end(),
                       [&](int p) { return provision_changed[static_cast<std::size_t>(p)]; });
  }
};

using Transition = std::tuple<FieldOutcome, FieldOutcome>;
using Transitions = std::map<Transition, Region>;

// More differences than this are no longer a difference that anybody reads (and no longer fit in memory).
constexpr std::size_t kListedMax = 200000;
constexpr std::size_t kMergedAt = 50000;

Transitions transitions(const CellOutcome& a, const CellOutcome& b) {
  using enum FieldOutcome;
  Transitions out;
  const auto put = [&](FieldOutcome from, FieldOutcome to, Region cells) {
    if (!cells.empty()) out.emplace(Transition{from, to}, merged(std::move(cells)));
  };
  put(withhold, release, without(b.release, a.open));
  put(hold, release, without(intersected(b.release, a.open), a.release));
  put(release, withhold, without(a.release, b.open));
  put(release, hold, without(intersected(a.release, b.open), b.release));
  put(withhold, hold, without(without(b.open, a.open), b.release));
  put(hold, withhold, without(without(a.open, b.open), a.release));
  return out;
}

class Comparison {
 public:
  Comparison(const RuleSet& before, const RuleSet& after, const Space& space)
      : space_(space), a_(before, space), b_(after, space) {
    a_.mark(after);
    b_.mark(before);
    for (const auto& [name, member] : setting_names()) {
      if (before.settings.*member == after.settings.*member) continue;
      switched_.emplace_back(name);
      const bool rules_name_it =
          std::any_of(after.rules.begin(), after.rules.end(), [&](const Rule& r) { return r.setting == name; }) ||
          std::any_of(before.rules.begin(), before.rules.end(), [&](const Rule& r) { return r.setting == name; });
      if (!rules_name_it) everywhere_.emplace_back(name);
    }
    if (open_envelopes(a_) != open_envelopes(b_) || covers_envelopes(a_) || covers_envelopes(b_)) envelopes_ = ~Bits{};
    for (int purpose = 0; purpose < size(purposes()); ++purpose)
      if (excepted(before, purpose) != excepted(after, purpose)) envelopes_ |= bit(purpose);
  }

  std::vector<CellChange> run() {
    for (std::size_t period = 0; period < space_.periods.size(); ++period) {
      CellExchange x;
      for (x.holder = 0; x.holder < size(actor_types()); ++x.holder)
        for (x.recipient = 0; x.recipient < size(actor_types()); ++x.recipient)
          for (x.kind = 0; x.kind < size(message_kinds()); ++x.kind)
            for (x.purpose = 0; x.purpose < size(purposes()); ++x.purpose)
              for (const auto initiative : {Initiative::own, Initiative::request}) {
                x.initiative = initiative;
                exchange(x, static_cast<int>(period));
              }
    }
    return gathered();
  }

 private:
  static int size(std::span<const std::string_view> list) { return static_cast<int>(list.size()); }

  // Which cells change does not depend on who exchanges what, only on what the two sets say of it.
  struct Outer {
    std::array<std::uint64_t, kAge> allowed;  // the dimensions before kAge
  };
  struct Group {
    const Transitions* changes = nullptr;
    std::string causes;
    std::vector<Outer> outer;
    std::size_t merge_at = kMergedAt;
    // An envelope that something covers differs in millions of cells: they are merged while they come.
    Outer& add() {
      if (outer.size() >= merge_at) {
        outer = merge_boxes(std::move(outer));
        merge_at = std::max(kMergedAt, 2 * outer.size());
      }
      return outer.emplace_back();
    }
  };

  // Where no rule speaks, nothing about anybody leaves in either set: only envelopes could differ there.
  bool speaks(const Side& side, const CellExchange& x) const {
    const auto& rules = side.model.index().rules;
    return std::any_of(rules.begin(), rules.end(), [&](const RuleIndex::RuleBits& r) {
      return (r.from & bit(x.holder)) != 0 && (r.to & bit(x.recipient)) != 0 && (r.kinds & bit(x.kind)) != 0 &&
             (r.purposes & bit(x.purpose)) != 0;
    });
  }
  bool switched(std::string_view setting) const {
    return std::find(switched_.begin(), switched_.end(), setting) != switched_.end();
  }
  Bits open_envelopes(const Side& side) const {
    Bits holders = 0;
    for (const auto& none : side.model.index().no_secrecy)
      if ((none.categories & bit(envelope_)) != 0) holders |= none.holders;
    return holders;
  }
  // The leaves that a purpose does without, also of an envelope.
  static std::set<std::string> excepted(const RuleSet& set, int purpose) {
    std::set<std::string> leaves;
    for (const auto& each : set.purposes)
      if (each.id == purposes()[static_cast<std::size_t>(purpose)])
        leaves.insert(each.except.begin(), each.except.end());
    return leaves;
  }
  bool covers_envelopes(const Side& side) const {
    const auto& provisions = side.model.index().provisions;
    return std::any_of(provisions.begin(), provisions.end(),
                       [&](const auto& p) { return (p.categories & bit(envelope_)) != 0; });
  }

  void exchange(const CellExchange& x, int period) {
    if ((envelopes_ & bit(x.purpose)) == 0 && !speaks(a_, x) && !speaks(b_, x)) return;
    const Date day = space_.periods[static_cast<std::size_t>(period)];
    const Scene a = a_.model.scene(x, day), b = b_.model.scene(x, day);
    const bool same_lists =
        a.needs == b.needs && a.declared == b.declared && a.gated == b.gated && a.new_purpose == b.new_purpose &&
        (a.purpose == nullptr ? b.purpose == nullptr : b.purpose != nullptr && a.purpose->except == b.purpose->except);
    // A removed rule is missing in `b`, an added one in `a`: each is marked as changed on its own side.
    if (same_lists && everywhere_.empty() && !a_.any_changed(a) && !b_.any_changed(b)) return;
    for (int category = 0; category < size(data_categories()); ++category) {
      if (((a.needs | b.needs) & bit(category)) == 0) continue;
      if (a.rules.empty() && b.rules.empty() && category != envelope_) continue;
      for (int role = 0; role <= space_.nobody_named(); ++role) {
        for (int leaf = 0; leaf < static_cast<int>(space_.leaves.size()); ++leaf) {
          const std::string left = a_.model.signature(a, category, role, leaf),
                            right = b_.model.signature(b, category, role, leaf);
          const auto& changes = changes_of(a, b, category, role, leaf, left, right);
          if (changes.empty()) continue;
          std::string causes = causes_of(x, a, b, category, role, leaf, changes);
          Group& group = groups_[{&changes, causes}];
          group.changes = &changes;
          group.causes = std::move(causes);
          Outer& outer = group.add();
          const auto set = [&](Dimension d, int place) { outer.allowed[d] = std::uint64_t{1} << place; };
          set(kHolder, x.holder);
          set(kRecipient, x.recipient);
          set(kKind, x.kind);
          set(kPurpose, x.purpose);
          outer.allowed[kInitiative] = x.initiative == Initiative::own ? kYes : kNo;
          set(kCategory, category);
          set(kRole, role);
          set(kLeaf, leaf);
          set(kPeriod, period);
        }
      }
    }
  }

  const Transitions& changes_of(const Scene& a, const Scene& b, int category, int role, int leaf,
                                const std::string& left, const std::string& right) {
    const std::string key = left + "|" + right;
    const auto found = changes_.find(key);
    if (found != changes_.end()) return *found->second;
    Transitions changes =
        transitions(a_.model.outcome(a, category, role, leaf), b_.model.outcome(b, category, role, leaf));
    // Many signatures change the same cells: kept once, they also end up in one group.
    std::string content;
    for (const auto& [transition, cells] : changes) {
      content += static_cast<char>('0' + static_cast<int>(std::get<0>(transition)));
      content += static_cast<char>('0' + static_cast<int>(std::get<1>(transition)));
      for (const Cube& cube : cells)
        content.append(reinterpret_cast<const char*>(cube.allowed.data()), sizeof cube.allowed);
    }
    const auto [kept, fresh] = contents_.emplace(std::move(content), std::move(changes));
    changes_.emplace(key, &kept->second);
    return kept->second;
  }

  // A harm test clears where some rule of the exchange holds, also one that says nothing of the category.
  bool by_harm_test(const Transitions& changes) const {
    return std::any_of(changes.begin(), changes.end(), [&](const auto& each) {
      return std::any_of(each.second.begin(), each.second.end(),
                         [&](const Cube& cube) { return cube.allowed[harm_test_] == kYes; });
    });
  }

  // What of the changed items touches the cell, one a line.
  std::string causes_of(const CellExchange& x, const Scene& a, const Scene& b, int category, int role, int leaf,
                        const Transitions& changes) const {
    std::set<std::string> near, far;
    const auto look = [&](const Side& side, const Scene& scene) {
      for (const int place : scene.rules) {
        if (!side.rule_changed[static_cast<std::size_t>(place)]) continue;
        const auto& bits = side.model.index().rules[static_cast<std::size_t>(place)];
        const Rule& rule = side.set.rules[static_cast<std::size_t>(bits.position)];
        const bool reaches = (bits.categories & bit(category)) != 0 &&
                             (bits.any_role || (role != space_.nobody_named() && (bits.roles & bit(role)) != 0));
        const bool by_setting = switched(rule.setting);
        (reaches ? near : far)
            .insert(by_setting ? "setting " + rule.setting + " (rule " + rule.id + ")" : "rule " + rule.id);
      }
      for (const int place : scene.provisions) {
        const auto& bits = side.model.index().provisions[static_cast<std::size_t>(place)];
        if (side.provision_changed[static_cast<std::size_t>(place)] && (bits.categories & bit(category)) != 0)
          near.insert("provision " + side.set.provisions[static_cast<std::size_t>(bits.position)].id);
      }
    };
    look(a_, a);
    look(b_, b);
    if (((a.needs ^ b.needs) & bit(category)) != 0 || (leaf > 0 && a.purpose != nullptr && b.purpose != nullptr))
      near.insert("purpose " + std::string(purposes()[static_cast<std::size_t>(x.purpose)]));
    if (((a.declared ^ b.declared) & bit(category)) != 0) near.insert("no_secrecy");
    if (a.gated != b.gated) near.insert("setting gate");
    if (a.new_purpose != b.new_purpose && !switched("police_purpose_tested_before")) near.insert("setting gate");
    if (near.empty() && far.empty())
      for (const auto& name : everywhere_) near.insert("setting " + name);
    std::string out;
    if (near.empty() || by_harm_test(changes)) near.merge(far);
    for (const auto& cause : near) out += cause + "\n";
    return out;
  }

  std::vector<CellChange> gathered() {
    std::map<std::tuple<FieldOutcome, FieldOutcome, std::string>, Region> all;
    for (auto& [key, group] : groups_) {
      const auto outer = merge_boxes(std::move(group.outer));
      for (const auto& [transition, cells] : *group.changes) {
        Region& bucket = all[{std::get<0>(transition), std::get<1>(transition), group.causes}];
        for (const Outer& who : outer)
          for (Cube cube : cells) {
            for (std::size_t d = 0; d < kAge; ++d) cube.allowed[d] &= who.allowed[d];
            bucket.push_back(cube);
            if (bucket.size() < kListedMax) continue;
            bucket = merge_boxes(std::move(bucket));
            if (bucket.size() > kListedMax / 2)
              throw std::length_error("the two sets differ in more ways than can be listed: compare smaller steps");
          }
      }
    }
    std::vector<CellChange> out;
    for (auto& [key, cells] : all) {
      CellChange& change = out.emplace_back();
      change.before = std::get<0>(key);
      change.after = std::get<1>(key);
      const std::string& lines = std::get<2>(key);
      for (std::size_t begin = 0; begin < lines.size();) {
        const auto end = lines.find('\n', begin);
        change.causes.push_back(lines.substr(begin, end - begin));
        begin = end + 1;
      }
      change.cells = merged(std::move(cells));
    }
    // What is newly released comes first: it is what a reader must see.
    const auto rank = [](const CellChange& c) {
      return c.after == FieldOutcome::release                                      ? 0
             : c.after == FieldOutcome::hold && c.before == FieldOutcome::withhold ? 1
                                                                                   : 2;
    };
    std::sort(out.begin(), out.end(), [&](const CellChange& x, const CellChange& y) {
      return std::tuple(rank(x), x.causes) < std::tuple(rank(y), y.causes);
    });
    return out;
  }

  const Space& space_;
  const int envelope_ = code_index(data_categories(), "envelope");
  const std::size_t harm_test_ = kFirstFact + static_cast<std::size_t>(code_index(fact_codes(), "harm_test_clear"));
  Side a_, b_;
  std::vector<std::string> switched_;
  Bits envelopes_ = 0;                   // purposes whose envelopes may differ, also where no rule speaks
  std::vector<std::string> everywhere_;  // settings that no rule names: they reach every exchange
  std::unordered_map<std::string, const Transitions*> changes_;  // by both signatures
  std::unordered_map<std::string, Transitions> contents_;        // by what they hold
  std::map<std::pair<const Transitions*, std::string>, Group> groups_;
};

}  // namespace

RuleSetDiff compare(const RuleSet& before, const RuleSet& after, Date at) {
  RuleSetDiff diff{Space({&before, &after}, at, true), changed_items(before, after), {}, {}};
  for (const RuleSet* set : {&after, &before})
    for (const auto& purpose : set->purposes)
      diff.purpose_names.try_emplace(purpose.id, RuleSetDiff::Name{purpose.name_sv, purpose.name_en});
  diff.changes = Comparison(before, after, diff.space).run();
  return diff;
}

}  // namespace samband
