# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# git makes a history, moves it, packs it and looks for damage. Names and dates are fixed, so commit ids are known.
export GIT_AUTHOR_NAME=itsy GIT_AUTHOR_EMAIL=itsy@localhost GIT_AUTHOR_DATE='1700000000 +0000'
export GIT_COMMITTER_NAME=itsy GIT_COMMITTER_EMAIL=itsy@localhost GIT_COMMITTER_DATE='1700000000 +0000'
export GIT_CONFIG_NOSYSTEM=1

history() { # forty commits, a branch, a merge: the last commit
    git init -q -b main repository && cd repository || return
    mkdir folder
    for i in $(seq 1 40); do
        seq 1 $((i * 25)) > "folder/numbers-$((i % 7))"
        echo "line $i" >> log
        git add . && git commit -q -m "commit $i" || return
    done
    git checkout -q -b side HEAD~5 && seq 500 600 > other && git add other && git commit -q -m side || return
    git checkout -q main && git merge -q --no-edit side && git rev-parse HEAD
}
clone() {
    git clone -q --no-local repository copy && cd copy && git fsck --full --strict && git rev-parse HEAD
}
repack() {
    cd copy && git gc -q --aggressive --prune=now && git fsck --full --strict && git verify-pack -v .git/objects/pack/*.idx
}
older() { # the lines of a file that each commit adds one to
    cd copy && git checkout -q HEAD~20 && [ ! "$(git status --porcelain)" ] && wc -l < log | tr -d ' ' &&
        git checkout -q main
}
difference() { cd copy && git diff --full-index HEAD~10 HEAD | git hash-object --stdin; }
push() {
    cd copy && git checkout -q -b pushed && seq 7 77 > folder/new && git add folder && git commit -q -m pushed &&
        git push -q origin pushed && cd ../repository && git rev-parse pushed
}
damage() { # a changed byte does not go unnoticed
    cp -r repository broken && cd broken && object=$(git rev-parse HEAD:log | sed 's,^..,&/,') &&
        chmod u+w ".git/objects/$object" && printf x | dd of=".git/objects/$object" bs=1 seek=20 conv=notrunc &&
        ! git fsck --full
}

check "init, commit, merge" same 10622023f0bdd4cebf3badf595d7590bd0f436e9 history
check "clone" same 10622023f0bdd4cebf3badf595d7590bd0f436e9 clone
check "gc, fsck, verify-pack" repack
check "checkout" same 21 older
check "diff" same 598dcc9a76abe4a2cd9c4cf3c845235f573c90fe difference
check "push" same 05b5eed07b51342012f949fe3b455d2bd8fe752d push
check "fsck finds damage" damage
