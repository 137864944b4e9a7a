// Which counts of a set of tables may not be shown. A count from 1 to below - 1 points to persons and is hidden; so are
// others, until no hidden count follows from what is shown: not from a total, a row, a column, a share, or another
// table with the same units. Pure, thread-safe.
//
// The proof is by another population. For every hidden count one or two of the units behind the tables are changed (one
// comes, one goes, or one takes the place of another) so that every count shown stays as it is and the hidden one does
// not. Both populations print the same tables, so nobody can tell from them which is the real one. Where no such change
// exists, what stands in the way of the cheapest is hidden too. 0 is shown, it is about nobody; whoever sees a hidden
// count knows that it is at least 1, and the other population respects that.
#pragma once
#include <cstdint>
#include <utility>
#include <vector>

namespace samband::report {

// Units (persons, with all that happened to them) that add the same to every cell.
struct Alike {
  std::vector<std::pair<std::uint32_t, std::int64_t>> adds;  // cell, how much; sorted by cell
  std::int64_t units = 0;
};

struct Population {
  std::vector<Alike> alike;
  // Cells that are printed; the others can be worked out by a reader (the rest of a share) and are protected likewise.
  std::vector<char> printed;

  std::vector<std::int64_t> values() const;  // of every cell
};

// One flag per cell.
std::vector<char> hidden_cells(const Population&, std::int64_t below);

}  // namespace samband::report
