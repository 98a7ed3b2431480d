export const View: React.FC<Props> = ({ html, ...rest }: Props) => {
  const [state, setState] = useState<string>("");
  return <><p ref={state as any} dangerouslySetInnerHTML={{ __html: html }} /><Item<string> {...rest} /></>;
};
