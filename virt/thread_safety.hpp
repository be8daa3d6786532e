// SPDX-License-Identifier: Apache-2.0
// Which lock guards what, for clang to check (-Wthread-safety); other compilers see nothing.
#pragma once

#if defined(__clang__)
#define VIRT_THREAD_SAFETY(attribute) __attribute__((attribute))
#else
#define VIRT_THREAD_SAFETY(attribute)
#endif

#define VIRT_CAPABILITY(name) VIRT_THREAD_SAFETY(capability(name))
#define VIRT_SCOPED_CAPABILITY VIRT_THREAD_SAFETY(scoped_lockable)
#define VIRT_GUARDED_BY(lock) VIRT_THREAD_SAFETY(guarded_by(lock))
#define VIRT_REQUIRES(...) VIRT_THREAD_SAFETY(requires_capability(__VA_ARGS__))
#define VIRT_ACQUIRE(...) VIRT_THREAD_SAFETY(acquire_capability(__VA_ARGS__))
#define VIRT_RELEASE(...) VIRT_THREAD_SAFETY(release_capability(__VA_ARGS__))
/// For what clang cannot follow; say why beside it.
#define VIRT_UNCHECKED VIRT_THREAD_SAFETY(no_thread_safety_analysis)
