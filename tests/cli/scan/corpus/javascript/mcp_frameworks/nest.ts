import { Injectable } from "@nestjs/common";
import { Tool, Resource } from "@rekog/mcp-nest";
import { z } from "zod";

@Injectable()
export class GreetingTools {
  @Tool({ //: "hello-world" decorator
    name: "hello-world",
    description: "Greets somebody",
    parameters: z.object({ name: z.string() }),
  })
  async sayHello({ name }) {
    return `Hello ${name}`;
  }

  @Tool() //: "goodbye" decorator
  async goodbye() {
    return "Bye";
  }

  @Resource({ uri: "mcp://hello", name: "Greeting" })
  async greeting() {
    return "hello";
  }
}
