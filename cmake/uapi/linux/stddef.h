// SPDX-License-Identifier: Apache-2.0
// Before Linux 6.5's own header an empty structure precedes a flexible array, and in C++ that has a size: structures
// are too large and with them the numbers of ioctls such as KVM_GET_REG_LIST and KVM_SET_GSI_ROUTING, which the kernel
// then does not know.
#pragma once

#include_next <linux/stddef.h>

#undef __DECLARE_FLEX_ARRAY
#define __DECLARE_FLEX_ARRAY(TYPE, NAME) TYPE NAME[]
