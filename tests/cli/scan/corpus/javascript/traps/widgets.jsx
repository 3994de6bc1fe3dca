export function ToolPicker({ tools, onPick }) {
  return (
    <ul>
      {tools.map((tool) => (
        <li key={tool.name} onClick={() => onPick({ name: tool.name, parameters: {}, description: "picked" })}>
          {tool.name}
        </li>
      ))}
    </ul>
  );
}
