import { type CommandDefinition, clusterSettings } from "../command-definition.js";

export const pauseCommand: CommandDefinition = {
  name: "pause",
  help: "ask the run that is at work, on any machine, to pause",
  details:
    "What the run is doing goes on to its end, and nothing new starts; it ends with status 3 and says who has asked. " +
    "Ends as soon as the run has heard it, mostly within five seconds; with status 2 if there is no run. Nothing is remembered for the next one.",
  settings: clusterSettings.filter((name) => name !== "migdir"),
  examples: [["pg-mig pause --hosts=db1,db2", "the run on these nodes"]],
  connects: true,
  configAction: "list",
  load: async () => (await import("../actions/pause.js")).pauseAction,
};
