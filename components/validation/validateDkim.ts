import * as pulumi from "@pulumi/pulumi";
import { dkimKeys } from "../../shared/dkim/dkimKey.ts";
import { findDkimKeyMistake } from "../../shared/dkim/dkimKeyText.ts";
import { type Problem, problem } from "../settings/problem.ts";
import type { Settings } from "../settings/schema.ts";
import { didYouMean } from "../settings/spelling.ts";

/** Whether selectors differ, and each private key that is given is one that signs, as far as it is a plain text. */
export function validateDkim(dkim: NonNullable<Settings["dkim"]>, domains: readonly string[]): Problem[] {
  return [...validateSelectors(dkim), ...validateGivenKeys(dkim, domains)];
}

function validateSelectors({ selector, previous }: NonNullable<Settings["dkim"]>): Problem[] {
  const index = previous.indexOf(selector);
  return index < 0 ? [] : [problem(["dkim", "previous", index], "must be another selector than dkim.selector")];
}

function validateGivenKeys(dkim: NonNullable<Settings["dkim"]>, domains: readonly string[]): Problem[] {
  const keys = new Map(dkimKeys(dkim, domains).map((key) => [key.name, key]));
  return Object.entries(dkim.privateKeys).flatMap(([name, given]) => {
    const path = ["dkim", "privateKeys", name];
    const key = keys.get(name);
    if (key === undefined) {
      const known = [...keys.keys()];
      return [problem(path, `is the key of nothing${didYouMean(name, known)} (known here: ${known.join(", ")})`)];
    }
    // What is not known yet is checked as soon as it is.
    if (given instanceof Promise || pulumi.Output.isInstance(given)) return [];
    const mistake = typeof given === "string" ? findDkimKeyMistake(given, key.algorithm) : "must be a text";
    return mistake === undefined ? [] : [problem(path, mistake)];
  });
}
