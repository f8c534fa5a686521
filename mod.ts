export * from "./src/message/fetch.ts";
