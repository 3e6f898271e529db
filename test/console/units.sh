#!/bin/sh
# units.sh - the parts of the console that need no browser.
. "$OUTPOST_SOURCE/test/console/node.sh.in"
need_console
node_test units.test.mjs
