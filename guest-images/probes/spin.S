// SPDX-License-Identifier: Apache-2.0
// A guest that does nothing and listens to nobody.
    b .
