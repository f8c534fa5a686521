/**
 * The schema every server checks the bound row of the bench of Node adapters with.
 *
 * @module
 */
import { z } from "zod";

/** What a POST of that bench has. */
export const ItemsSchema = z.object({
  items: z.array(z.object({
    id: z.int(),
    title: z.string(),
    artist: z.string(),
    price: z.number(),
  })),
});
