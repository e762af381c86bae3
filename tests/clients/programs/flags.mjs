// Asks for flags: of a customer, as the server decides them, and of 200 people, decided there and here.
import { PostHog } from "posthog-node";

const { POSTHOG_TOKEN: token, POSTHOG_URL: host, POSTHOG_KEY: personalApiKey } = process.env;
const firm = { groups: { company: "acme" }, groupProperties: { company: { employees: "60" } } };
const people = Array.from({ length: 200 }, (_, number) => [`person-${number}`, ["free", "pro"][number % 2]]);

const afar = new PostHog(token, { host });
const told = {
  ada: await afar.getAllFlags("ada", { personProperties: { email: "ada@acme.test" }, ...firm }),
  button: await afar.getFeatureFlag("button", "ada"),
  payload: await afar.getFeatureFlagPayload("button", "ada"),
  afar: [],
  here: [],
};
for (const [person, plan] of people) {
  told.afar.push(await afar.getAllFlags(person, { personProperties: { plan }, ...firm }));
}
await afar.shutdown();

const here = new PostHog(token, { host, personalApiKey });
await here.waitForLocalEvaluationReady();
for (const [person, plan] of people) {
  told.here.push(
    await here.getAllFlags(person, { personProperties: { plan }, ...firm, onlyEvaluateLocally: true }),
  );
}
await here.shutdown();
console.log(JSON.stringify(told));
