// Tells PostHog of somebody who came as a visitor and became a customer.
import { PostHog } from "posthog-node";

const client = new PostHog(process.env.POSTHOG_TOKEN, { host: process.env.POSTHOG_URL });

client.capture({ distinctId: "visitor", event: "signed_up", properties: { plan: "pro" } });
client.identify({ distinctId: "ada", properties: { email: "ada@acme.test" } });
client.identify({
  distinctId: "ada",
  properties: { $set_once: { email: "other@acme.test", first_seen_on: "a fair" } },
});
client.alias({ distinctId: "ada", alias: "visitor" });
client.groupIdentify({ groupType: "company", groupKey: "acme", properties: { seats: 5 } });
client.capture({ distinctId: "ada", event: "upgraded", groups: { company: "acme" } });
await client.shutdown();
