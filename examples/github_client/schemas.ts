/** What the API sends, as far as this client reads it. */
import { z } from "zod";

/** A repository. */
export const Repository = z.object({
  full_name: z.string(),
  description: z.string().nullable(),
  stargazers_count: z.int(),
  default_branch: z.string(),
});

/** A label of an issue. */
const Label = z.object({ name: z.string() });

/** An issue. */
export const Issue = z.object({
  number: z.int(),
  title: z.string(),
  state: z.enum(["open", "closed"]),
  labels: z.array(Label).transform((labels) => labels.map(({ name }) => name)),
});

/** An issue that was not accepted, and why. */
export const Refusal = z.object({
  message: z.string(),
  errors: z.array(z.object({ field: z.string(), code: z.string() })).default([]),
});

/** A repository. */
export type Repository = z.infer<typeof Repository>;

/** An issue. */
export type Issue = z.infer<typeof Issue>;
