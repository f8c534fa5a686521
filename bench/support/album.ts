/**
 * The schema every server checks the body row with. In a file of its own, so that the other rows do
 * not load Zod.
 *
 * @module
 */
import { z } from "zod";

/** An album as the body row posts it. */
export const Album = z.object({
  id: z.string(),
  title: z.string(),
  artist: z.string(),
  year: z.int(),
  price: z.number(),
  tags: z.array(z.string()),
  label: z.object({ name: z.string(), country: z.string() }),
  available: z.boolean(),
  rating: z.number(),
});
