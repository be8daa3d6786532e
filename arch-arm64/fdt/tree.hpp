// SPDX-License-Identifier: Apache-2.0
// Writes a flattened device tree, node by node. Source: Devicetree Specification v0.4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace arm64::fdt {

/// A tree under construction (libfdt's sequential writer). Grows as needed; misuse (a property after a child
/// node, an unfinished node) asserts.
class Tree {
public:
    /// Open until destroyed; children and properties go into the innermost open node, properties first.
    class Node {
    public:
        Node(const Node&) = delete;
        Node& operator=(const Node&) = delete;
        ~Node() { tree_.end_node(); }

    private:
        friend class Tree;
        explicit Node(Tree& tree) : tree_(tree) {}
        Tree& tree_;
    };

    Tree();

    [[nodiscard]] Node node(const std::string& name);
    void flag(const char* name);
    void string(const char* name, std::string_view value);
    void strings(const char* name, std::initializer_list<std::string_view> values);
    void cells(const char* name, std::span<const std::uint32_t> values);
    void cells(const char* name, std::initializer_list<std::uint32_t> values) {
        cells(name, std::span(values.begin(), values.size()));
    }
    /// 64-bit numbers, each as two cells: reg with #address-cells = #size-cells = 2.
    void wide(const char* name, std::initializer_list<std::uint64_t> values);

    /// The finished blob. The tree is spent.
    [[nodiscard]] std::vector<std::byte> finish();

private:
    template <class Step>
    void attempt(Step step);
    void end_node();
    void property(const char* name, const void* data, std::size_t bytes);

    std::vector<std::byte> blob_;
    bool child_ended_ = false; // the innermost open node takes no more properties
};

} // namespace arm64::fdt
