#!/usr/bin/env node
/** `provega`, on a checkout in any state and from any folder. */
import { launch } from "../scripts/launch.mjs";

await launch("cli/main.ts", process.argv.slice(2));
