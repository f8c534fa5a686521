/** An album store in memory: what a database would be in a real program. */
import { z } from "zod";

/** What an album is, on the wire and in the store. */
export const Album = z.strictObject({
  id: z.string().min(1).max(64),
  title: z.string().min(1),
  artist: z.string().min(1),
  price: z.number().positive(),
});

export type Album = z.infer<typeof Album>;

const firstAlbums: readonly Album[] = [
  { id: "1", title: "Blue Train", artist: "John Coltrane", price: 56.99 },
  { id: "2", title: "Jeru", artist: "Gerry Mulligan", price: 17.99 },
  { id: "3", title: "Sarah Vaughan and Clifford Brown", artist: "Sarah Vaughan", price: 39.99 },
];

/** Which albums to list. */
export interface AlbumFilter {
  readonly artist?: string | undefined;
  readonly maxPrice?: number | undefined;
  readonly limit: number;
}

export class AlbumStore {
  readonly #albums = new Map(firstAlbums.map((album) => [album.id, album]));

  list({ artist, maxPrice = Infinity, limit }: AlbumFilter): Album[] {
    return [...this.#albums.values()]
      .filter((album) => (artist === undefined || album.artist === artist))
      .filter((album) => album.price <= maxPrice)
      .slice(0, limit);
  }

  search(words: readonly string[]): Album[] {
    return [...this.#albums.values()].filter((album) => {
      const text = `${album.title} ${album.artist}`.toLowerCase();
      return words.every((word) => text.includes(word.toLowerCase()));
    });
  }

  get(id: string): Album | undefined {
    return this.#albums.get(id);
  }

  /** Adds an album; false where its id is taken. */
  add(album: Album): boolean {
    if (this.#albums.has(album.id)) return false;
    this.#albums.set(album.id, album);
    return true;
  }

  /** Puts an album in place of the one with the id, or where there was none. */
  put(album: Album): void {
    this.#albums.set(album.id, album);
  }

  delete(id: string): boolean {
    return this.#albums.delete(id);
  }
}
