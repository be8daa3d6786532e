// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/register.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace arm64 {
namespace {

struct Example : Register<Example, std::uint32_t> {
    using Register::Register;
    static constexpr Field<Example, 31> top{};
    static constexpr Field<Example, 15, 8> middle{};
    static constexpr Field<Example, 0> bottom{};
    static constexpr auto fields = disjoint(top, middle, bottom);
};
struct Wide : Register<Wide, std::uint64_t> {
    using Register::Register;
    static constexpr Field<Wide, 63, 0> all{};
    static constexpr Field<Wide, 63> last{};
};

template <class Registers, class OneField>
constexpr bool has_field = requires(Registers registers, OneField field) { registers[field]; };

static_assert(has_field<Example, Field<Example, 31>>);
static_assert(!has_field<Example, Field<Wide, 63>>, "a field of another register");

TEST(Register, FieldsAreReadAndWrittenWhereTheyAre) {
    const Example one{0x8000'5501};
    EXPECT_EQ(one[Example::top], 1U);
    EXPECT_EQ(one[Example::middle], 0x55U);
    EXPECT_EQ(one[Example::bottom], 1U);
    EXPECT_EQ(one.with(Example::middle, 0xAA).value, 0x8000'AA01U);
    EXPECT_EQ(one.with(Example::top, 0).value, 0x5501U);
    EXPECT_EQ(one.with(Example::middle, 0xFFFF'FF12).value, 0x8000'1201U) << "cut to its width";
    EXPECT_EQ(Example::fields, 0x8000'FF01U);
}

TEST(Register, AFieldMayBeTheWholeWord) {
    EXPECT_EQ(Wide{~std::uint64_t{0}}[Wide::all], ~std::uint64_t{0});
    EXPECT_EQ(Wide{}.with(Wide::all, 0x1234'5678'9ABC'DEF0).value, 0x1234'5678'9ABC'DEF0U);
    EXPECT_EQ(Wide{std::uint64_t{1} << 63}[Wide::last], 1U);
}

TEST(Register, MergingLeavesWhatIsNotWritable) {
    EXPECT_EQ(Example{0x8000'5501}.merge(~std::uint64_t{0}, Example::middle.mask).value, 0x8000'FF01U);
    EXPECT_EQ(Example{0x8000'5501}.merge(0, Example::fields).value, 0U);
}

} // namespace
} // namespace arm64
