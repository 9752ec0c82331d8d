#include "powers.hpp"

#include <algorithm>

#include "group-transform.hpp"
#include "ptau-sections.hpp"
#include "ptau.hpp"
#include "section-copy.hpp"

namespace provega {

namespace {

using namespace ptau_section;

/// Of all bases of 1, 2, 4, ... 2^limit points.
uint64_t butterflies(unsigned limit) {
  uint64_t sum = 0;
  for (unsigned bits = 1; bits <= limit; bits++) sum += uint64_t{bits} << (bits - 1);
  return sum;
}

/// In units of one in G1.
template <class F>
constexpr uint64_t COST = sizeof(F) == sizeof(Fq) ? 1 : 3;

class Preparation {
 public:
  Preparation(const Ptau& ptau, SectionWriter& file, const Progress& progress)
      : ptau_(ptau), file_(file), progress_(progress),
        total_(butterflies(ptau.power + 1) + (2 + COST<Fq2>) * butterflies(ptau.power)) {}

  void run() {
    write<Fq>(TAU_1, ptau_.tau1, ptau_.power + 1);
    write<Fq2>(TAU_2, ptau_.tau2, ptau_.power);
    write<Fq>(ALPHA_TAU_1, ptau_.alphaTau1, ptau_.power);
    write<Fq>(BETA_TAU_1, ptau_.betaTau1, ptau_.power);
  }

 private:
  /// The bases of 1, 2, 4, ... 2^limit points, from so many powers; one that is missing is infinity.
  template <class F>
  void write(uint32_t section, Packed<Affine<F>> powers, unsigned limit) {
    file_.section(section + LAGRANGE);
    const size_t most = size_t{1} << limit;
    std::vector<Affine<F>> scaled(most), basis(most);
    for (size_t i = 0; i < powers.count; i++) basis[i] = powers[i];
    // A transform ends with a division by its size. All are divided by the largest here, which is too much for the
    // others: for them what was halved too often is doubled again.
    scaleAll(basis.data(), most, Fr::of(most).inverse().integer(), scaled.data());
    for (unsigned bits = 0; bits <= limit; bits++) {
      const size_t count = size_t{1} << bits;
      scaleAll(scaled.data(), count, Fr::of(most >> bits).integer(), basis.data());
      GroupTransform<F>(bits).run(basis.data(), [&](uint64_t by) { report(by * COST<F>); });
      file_.write(basis.data(), count * sizeof(Affine<F>));
    }
  }

  void report(uint64_t more) {
    done_ += more;
    progress_("prepare", static_cast<double>(done_) / static_cast<double>(total_));
  }

  const Ptau& ptau_;
  SectionWriter& file_;
  const Progress& progress_;
  uint64_t done_ = 0, total_;
};

}  // namespace

void preparePowers(const std::string& powers, const std::string& prepared, const Progress& progress) {
  const Ptau ptau(SectionFile::open(powers, FileKind::Ptau));
  if (ptau.power == MAX_DOMAIN_BITS)  // whose powers of tau in G1 fill twice as large a domain
    throw Error("BadPtau", powers + " is too large to be prepared");
  ptau.check(PointCheck::Canonical);
  SectionWriter file(prepared, FileKind::Ptau);
  for (uint32_t id = HEADER; id <= CONTRIBUTIONS; id++) copySection(ptau.file(), id, file);
  Preparation(ptau, file, progress).run();
  file.commit();
}

}  // namespace provega
