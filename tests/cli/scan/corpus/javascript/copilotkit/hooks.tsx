import { useComponent, useCopilotAction, useFrontendTool, useHumanInTheLoop, useRenderTool } from "@copilotkit/react-core";
import { z } from "zod";

export const useDeskTools = (desk: { paint(color: string): void }) => {
  useFrontendTool({ //: "paintDesk" tool-factory
    name: "paintDesk",
    description: "Paints the desk",
    parameters: z.object({ color: z.string() }),
    handler: async ({ color }) => desk.paint(color),
  }, [desk]);
  useHumanInTheLoop({ //: "askForColor" tool-factory
    name: "askForColor",
    description: "Asks a person which colour the desk should have",
    parameters: z.object({}),
    render: ({ respond }) => <button onClick={() => respond("red")}>Red</button>,
  });
  useComponent({ name: "deskChart", description: "Shows the desk", parameters: z.object({}), render: () => <p /> }); //: "deskChart" tool-factory
  useCopilotAction({ //: "orderDesk" tool-factory http-write
    name: "orderDesk",
    description: "Orders a desk",
    parameters: [{ name: "model", type: "string" }],
    handler: async ({ model }) => fetch("/orders", { method: "POST", body: model }),
  });
  useRenderTool({ name: "lampChart", render: () => <p /> });
};
