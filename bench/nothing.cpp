// SPDX-License-Identifier: Apache-2.0
// What every program pays before and after its own work: fork, exec, the dynamic linker with libc, exit.
int main() {}
