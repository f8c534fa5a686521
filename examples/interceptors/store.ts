/** Products and orders in memory: what a database would be in a real program. */
import { z } from "zod";

/** What a client orders. */
export const OrderLine = z.strictObject({
  product: z.string().min(1).max(64),
  quantity: z.int().min(1).max(1_000),
});

export type OrderLine = z.infer<typeof OrderLine>;

export interface Order extends OrderLine {
  readonly id: string;
}

export interface Product {
  readonly id: string;
  readonly name: string;
  readonly price: number;
}

export const products: readonly Product[] = [
  { id: "anvil", name: "Anvil, drop-forged, 20 kg", price: 89.9 },
  { id: "bellows", name: "Bellows, leather, double-acting", price: 149 },
  { id: "bucket", name: "Bucket, zinc-plated, 10 l", price: 12.5 },
  { id: "hammer", name: "Hammer, cross-peen, 1 kg", price: 24.9 },
  { id: "magnet", name: "Magnet, horseshoe, very large", price: 59 },
  { id: "rocket", name: "Rocket, solid fuel, with skates", price: 499 },
  { id: "rope", name: "Rope, hemp, 30 m", price: 19.9 },
  { id: "seeds", name: "Bird seed, 5 kg", price: 9.9 },
  { id: "spring", name: "Spring, coiled, 2 m", price: 34.5 },
  { id: "tongs", name: "Tongs, wolf jaw, 40 cm", price: 29.9 },
];

/** Each tenant's orders, which no other tenant sees. */
export class OrderStore {
  readonly #orders = new Map<string, Map<string, Order>>();

  list(tenant: string): Order[] {
    return [...this.#of(tenant).values()];
  }

  get(tenant: string, id: string): Order | undefined {
    return this.#of(tenant).get(id);
  }

  add(tenant: string, line: OrderLine): Order {
    const order = { id: crypto.randomUUID(), ...line };
    this.#of(tenant).set(order.id, order);
    return order;
  }

  /** Takes an order out; false where there is none. */
  delete(tenant: string, id: string): boolean {
    return this.#of(tenant).delete(id);
  }

  #of(tenant: string): Map<string, Order> {
    const known = this.#orders.get(tenant);
    if (known !== undefined) return known;
    const none = new Map<string, Order>();
    this.#orders.set(tenant, none);
    return none;
  }
}
