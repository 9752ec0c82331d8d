/** `provega setup`: compiles a profile's circuits and makes its keys, by the dev path or from powers of tau. */
import { Option } from "commander";
import { BOUND_KINDS } from "#protocol/binding.ts";
import { PROFILE, type ProfileName } from "#protocol/params.ts";
import { type Artifact, prepareCircuits } from "#prover/artifacts.ts";
import { verifyingKeyHash } from "#prover/evm.ts";
import type { Progress } from "#prover/progress.ts";
import type { CeremonyOptions } from "#prover/setup/ceremony.ts";
import { progressBar } from "#scripts/progress-bar.ts";
import { table } from "#scripts/table.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { type CommonOptions, declare, print, type Verb } from "../verb.ts";

type Options = CommonOptions & {
  readonly profile: ProfileName;
  readonly ptau?: string;
  readonly allowUnlisted?: boolean;
  readonly contributor?: string;
  readonly beacon?: string;
};

export const setup: Verb = (program, context) => {
  declare(
    program,
    "setup",
    "Compile the circuits and make their keys",
    "provega setup\nprovega setup --profile mainnet --ptau powersOfTau28_hez_final_22.ptau",
  )
    .addOption(new Option("--profile <name>", "sizes of the circuits").choices(Object.keys(PROFILE)).default("devnet"))
    .option(
      "--ptau <file>",
      "powers of tau, prepared for phase 2 or not; without it, development keys that protect nothing",
    )
    .option("--allow-unlisted", "accept powers of tau that are not in ptau/manifest.json")
    .option("--contributor <name>", "recorded in the keys of a ceremony")
    .option("--beacon <hex>", "public value, unknown before, that closes a ceremony")
    .action(async (options: Options) => {
      const { ptau, profile } = options;
      if (!ptau && (options.allowUnlisted || options.contributor || options.beacon)) {
        throw new UsageError("--allow-unlisted, --contributor and --beacon go with --ptau FILE");
      }
      const names = BOUND_KINDS.map((kind) => `${kind}-${profile}`);
      const progress = reporter(context);
      const artifacts = await prepareCircuits(
        names,
        ptau ? { progress, kind: "ceremony", ceremony: termsOf(ptau, options) } : { progress },
      );
      print(context, options, Object.values(artifacts).map(shown), setupText);
    });
};

const termsOf = (ptau: string, { allowUnlisted, contributor, beacon }: Options): CeremonyOptions => ({
  ptau,
  allowUnlisted: allowUnlisted ?? false,
  ...(contributor ? { contributor } : {}),
  ...(beacon ? { beacon } : {}),
});

/** One bar per phase. */
function reporter(context: Context): Progress {
  let [phase, bar] = ["", progressBar(context, "")];
  return (next, done, total) => {
    if (next !== phase) {
      bar.stop();
      [phase, bar] = [next, progressBar(context, next)];
      if (!context.isTerminal) context.stderr(`${next}\n`);
    }
    if (total > 0) bar.update(done, total);
    if (done === total) bar.stop();
  };
}

const shown = ({ name, constraints, wires, kind, verifyingKey, zkey }: Artifact) => ({
  name,
  constraints,
  wires,
  kind,
  verifyingKeyHash: verifyingKeyHash(verifyingKey),
  zkey,
});
type Shown = ReturnType<typeof shown>;

const setupText = (circuits: readonly Shown[]): string =>
  `${table(
    [
      { title: "circuit", align: "left" },
      { title: "constraints" },
      { title: "linear" },
      { title: "keys", align: "left" },
      { title: "hash of the verifying key", align: "left" },
    ],
    circuits.map(({ name, constraints, kind, verifyingKeyHash: digest }) => [
      name,
      String(constraints.nonLinear),
      String(constraints.linear),
      kind,
      digest,
    ]),
  )}${circuits.some(({ kind }) => kind === "dev-insecure") ? "\n\nDevelopment keys: whoever saw their secret can forge proofs. For local chains only." : ""}`;
