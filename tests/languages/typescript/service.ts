import { Controller, Get } from '@nestjs/common';
import fs = require("fs");
import type { T } from "./types";

interface User extends Named { name: string; age?: number; greet(): void }
type Alias = { x: number };
enum Level { Low = 1 }

@Controller('cats')
export class Cats<T> extends Base<T> implements First, Second<T> {
  private readonly cache: Map<string, Cat> = new Map<string, Cat>();
  @Input() title!: string;
  constructor(private db: Db, @Inject('x') readonly other?: Other, plain = 1) { super(); }

  @Get(':id') @Guard()
  async find(@Param('id') id: string, @Body() { name }: CreateDto, size?: number): Promise<Cat> {
    const q: string = name as string;
    const z = <any>q;
    let later: number;
    return this.db.query<Cat>(`select ${id}`)!;
  }

  private hidden(this: Cats, a) {}
}

abstract class Shape { abstract area(): number; scale() {} }
namespace Inner { export function f(a: number): void { use(a satisfies Level); } }
function over(a: string): void;
function over(a: any) { for (const k in a) {} try {} catch (e: unknown) {} }
declare module "x" { }
const pick = async <K,>(k: K): Promise<K> => k;
