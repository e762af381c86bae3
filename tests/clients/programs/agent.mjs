// What an agent does with PostHog's toolkit: looks around, asks, and makes a dashboard.
import { PostHogAgentToolkit } from '@posthog/agent-toolkit/integrations/ai-sdk'

const { POSTHOG_URL, POSTHOG_KEY } = process.env
const toolkit = new PostHogAgentToolkit({ posthogPersonalApiKey: POSTHOG_KEY, posthogApiBaseUrl: POSTHOG_URL })
const tools = await toolkit.getTools()
const told = { tools: Object.keys(tools).length }
const ask = async (name, given = {}) => JSON.parse((await tools[name].execute(given, {})).content[0].text)

told.projects = (await ask('projects-get')).map((project) => project.name)
told.dashboards = (await ask('dashboards-get-all')).map((dashboard) => dashboard.name)
const made = await ask('dashboard-create', { data: { name: 'Made by an agent', description: 'x', tags: ['agents'] } })
const source = {
  kind: 'TrendsQuery', series: [{ kind: 'EventsNode', event: '$pageview', custom_name: 'Views', math: 'total' }],
  interval: 'day', dateRange: { date_from: '-7d', date_to: null }, filterTestAccounts: false,
}
const query = { kind: 'InsightVizNode', source }
const insight = await ask('insight-create-from-query', { data: { name: 'Views', description: '', favorited: false, query } })
await ask('add-insight-to-dashboard', { data: { insightId: insight.short_id, dashboardId: made.id } })
const board = await ask('dashboard-get', { dashboardId: made.id })
told.tiles = board.tiles.map((tile) => tile.insight.name)
told.flags = (await ask('feature-flag-get-all')).map((flag) => flag.key).sort()
const count = { kind: 'HogQLQuery', query: 'select count() from events', filters: {} }
told.events = await ask('query-run', { query: { kind: 'DataVisualizationNode', source: count } })
await ask('dashboard-delete', { dashboardId: made.id })
told.left = (await ask('dashboards-get-all')).map((dashboard) => dashboard.name)
console.log(JSON.stringify(told))
process.exit(0)
