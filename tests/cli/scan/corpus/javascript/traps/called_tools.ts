abstract class AITool {
  abstract name: string;
}
export class Editor extends AITool {
  name = "Editor";
  configPath() {
    return "~/.editor/settings.json";
  }
}
