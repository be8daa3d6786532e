// SPDX-License-Identifier: Apache-2.0
// A std::function that never allocates: what does not fit is a compile error.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace virt {

/// Holds a callable of up to 48 bytes, which is six references. Move-only, so that the callable may be.
template <class Signature>
class InlineFunction;

template <class Result, class... Args>
class InlineFunction<Result(Args...)> {
public:
    static constexpr std::size_t capacity = 48;

    InlineFunction() = default;

    template <class Callable>
        requires(!std::same_as<std::remove_cvref_t<Callable>, InlineFunction> &&
                 std::is_invocable_r_v<Result, std::remove_cvref_t<Callable>&, Args...>)
    InlineFunction(Callable&& callable) // NOLINT(google-explicit-constructor,*-forwarding-reference-overload)
        : kind_(&kind_of<std::remove_cvref_t<Callable>>) {
        using Stored = std::remove_cvref_t<Callable>;
        static_assert(sizeof(Stored) <= capacity && alignof(Stored) <= alignof(std::max_align_t),
                      "capture less, or by reference");
        static_assert(std::is_nothrow_move_constructible_v<Stored>);
        ::new (static_cast<void*>(storage_)) Stored(std::forward<Callable>(callable));
    }

    InlineFunction(InlineFunction&& other) noexcept { take(other); }
    InlineFunction& operator=(InlineFunction&& other) noexcept {
        if (this != &other) {
            reset();
            take(other);
        }
        return *this;
    }
    InlineFunction(const InlineFunction&) = delete;
    InlineFunction& operator=(const InlineFunction&) = delete;
    ~InlineFunction() { reset(); }

    explicit operator bool() const { return kind_ != nullptr; }
    Result operator()(Args... args) { return kind_->call(storage_, std::forward<Args>(args)...); }

private:
    struct Kind {
        Result (*call)(void* stored, Args&&... args);
        void (*relocate)(void* from, void* to);
        void (*destroy)(void* stored);
    };

    template <class Stored>
    static constexpr Kind kind_of{[](void* stored, Args&&... args) -> Result {
                                      return (*static_cast<Stored*>(stored))(std::forward<Args>(args)...);
                                  },
                                  [](void* from, void* to) {
                                      ::new (to) Stored(std::move(*static_cast<Stored*>(from)));
                                      std::destroy_at(static_cast<Stored*>(from));
                                  },
                                  [](void* stored) { std::destroy_at(static_cast<Stored*>(stored)); }};

    void take(InlineFunction& other) {
        kind_ = std::exchange(other.kind_, nullptr);
        if (kind_ != nullptr)
            kind_->relocate(other.storage_, storage_);
    }
    void reset() {
        if (const auto* kind = std::exchange(kind_, nullptr))
            kind->destroy(storage_);
    }

    const Kind* kind_ = nullptr;
    alignas(std::max_align_t) std::byte storage_[capacity]; // NOLINT(*-avoid-c-arrays): raw memory
};

} // namespace virt
