import { z } from "zod";

/** A path on the host without a doubt about what it names. */
export const absolutePath = z
  .string()
  .regex(
    /^(\/(?!\.{1,2}(\/|$))[^/\s\\'"`$]+)+$/,
    "must be an absolute path without blanks, quotes, `..` or a slash at its end",
  );
