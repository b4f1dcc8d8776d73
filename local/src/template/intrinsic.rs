//! The intrinsic functions of CloudFormation.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    document::{Node, Value},
    error::{Fault, Problem},
    scope::{Scope, truth},
};

impl Scope<'_> {
    /// `node` without intrinsic functions. Entries that are `AWS::NoValue` are left out of lists and mappings.
    pub(super) fn resolve(&self, node: &Node) -> Result<Node, Fault> {
        let value = match &node.value {
            Value::Null => Value::Null,
            Value::Text(text) => Value::Text(text.clone()),
            Value::List(items) => Value::List(self.items(items)?),
            Value::Map(entries) => {
                let mut resolved = Vec::with_capacity(entries.len());
                for (key, entry) in entries {
                    let entry = self.resolve(entry)?;
                    if !entry.is_null() {
                        resolved.push((key.clone(), entry));
                    }
                }
                Value::Map(resolved)
            }
            Value::Call(name, argument) => match self.call(name, argument)? {
                Value::Text(text) => Value::Text(self.localise(&text)),
                value => value,
            },
        };
        Ok(Node {
            line: node.line,
            value,
        })
    }

    fn items(&self, items: &[Node]) -> Result<Vec<Node>, Fault> {
        let resolved: Result<Vec<Node>, Fault> =
            items.iter().map(|item| self.resolve(item)).collect();
        Ok(resolved?
            .into_iter()
            .filter(|item| !item.is_null())
            .collect())
    }

    fn call(&self, name: &str, argument: &Node) -> Result<Value, Fault> {
        match name {
            "Ref" => self.reference(text(name, argument)?, argument.line),
            "GetAtt" => self.get_att(argument).map(Value::Text),
            "Sub" => self.substitute(argument).map(Value::Text),
            "If" => self.choose(argument),
            "Join" => self.join(argument).map(Value::Text),
            "Select" => self.select(argument),
            "Split" => self.split(argument),
            "FindInMap" => self.find_in_map(argument),
            "Base64" => Ok(Value::Text(STANDARD.encode(self.text(name, argument)?))),
            "Condition" => self
                .condition(text(name, argument)?, argument.line)
                .map(boolean),
            "Equals" => {
                let [left, right] = self.arguments(name, argument)?;
                Ok(boolean(same(&left, &right)))
            }
            "Not" => {
                let [held] = self.arguments(name, argument)?;
                truth(&held).map(|held| boolean(!held))
            }
            "And" => self
                .truths(name, argument)
                .map(|held| boolean(!held.contains(&false))),
            "Or" => self
                .truths(name, argument)
                .map(|held| boolean(held.contains(&true))),
            other => Err(Problem::Unsupported(format!("the function {other}")).at(argument.line)),
        }
    }

    fn get_att(&self, argument: &Node) -> Result<String, Fault> {
        let line = argument.line;
        if let Some(path) = argument.text() {
            let (name, attribute) = path
                .split_once('.')
                .ok_or_else(|| shape("GetAtt", "Name.Attribute", line))?;
            return self.attribute(name, attribute, line);
        }
        let [name, attribute] = self.arguments("GetAtt", argument)?;
        self.attribute(text("GetAtt", &name)?, text("GetAtt", &attribute)?, line)
    }

    fn substitute(&self, argument: &Node) -> Result<String, Fault> {
        let Value::List(parts) = &argument.value else {
            return self.fill(text("Sub", argument)?, &BTreeMap::new(), argument.line);
        };
        let [template, names] = parts.as_slice() else {
            return Err(shape(
                "Sub",
                "a text, or a text and a mapping",
                argument.line,
            ));
        };
        let mut values = BTreeMap::new();
        for (name, value) in names.entries() {
            values.insert(name.as_str(), self.text("Sub", value)?);
        }
        self.fill(text("Sub", template)?, &values, template.line)
    }

    fn fill(
        &self,
        template: &str,
        values: &BTreeMap<&str, String>,
        line: usize,
    ) -> Result<String, Fault> {
        let mut filled = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after
                .split_once('}')
                .ok_or_else(|| shape("Sub", "closed by }", line))?;
            filled.push_str(before);
            match name.strip_prefix('!') {
                Some(literal) => filled.extend(["${", literal, "}"]),
                None => filled.push_str(&self.named(name.trim(), values, line)?),
            }
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn named(
        &self,
        name: &str,
        values: &BTreeMap<&str, String>,
        line: usize,
    ) -> Result<String, Fault> {
        if let Some(value) = values.get(name) {
            return Ok(value.clone());
        }
        match name.split_once('.') {
            Some((resource, attribute)) => self.attribute(resource, attribute, line),
            None => match self.reference(name, line)? {
                Value::Text(text) => Ok(text),
                _ => Err(shape(name, "a text within Sub", line)),
            },
        }
    }

    fn choose(&self, argument: &Node) -> Result<Value, Fault> {
        let Value::List(parts) = &argument.value else {
            return Err(shape("If", "a list", argument.line));
        };
        let [condition, then, otherwise] = parts.as_slice() else {
            return Err(shape("If", "a condition and two values", argument.line));
        };
        let held = self.condition(text("If", condition)?, condition.line)?;
        Ok(self.resolve(if held { then } else { otherwise })?.value)
    }

    fn join(&self, argument: &Node) -> Result<String, Fault> {
        let [separator, items] = self.arguments("Join", argument)?;
        let texts: Result<Vec<&str>, Fault> = list("Join", &items)?
            .iter()
            .map(|item| text("Join", item))
            .collect();
        Ok(texts?.join(text("Join", &separator)?))
    }

    fn select(&self, argument: &Node) -> Result<Value, Fault> {
        let [index, items] = self.arguments("Select", argument)?;
        let index: Option<usize> = text("Select", &index)?.parse().ok();
        let chosen = index.and_then(|index| list("Select", &items).ok()?.get(index).cloned());
        chosen
            .map(|node| node.value)
            .ok_or_else(|| shape("Select", "an index within its list", argument.line))
    }

    fn split(&self, argument: &Node) -> Result<Value, Fault> {
        let [separator, whole] = self.arguments("Split", argument)?;
        let parts = text("Split", &whole)?.split(text("Split", &separator)?);
        let parts = parts.map(|part| Node {
            line: argument.line,
            value: Value::Text(part.to_owned()),
        });
        Ok(Value::List(parts.collect()))
    }

    fn find_in_map(&self, argument: &Node) -> Result<Value, Fault> {
        let [map, first, second] = self.arguments("FindInMap", argument)?;
        let (map, first, second) = (
            text("map", &map)?,
            text("key", &first)?,
            text("key", &second)?,
        );
        let found = self
            .section("Mappings")
            .and_then(|maps| maps.get(map)?.get(first)?.get(second));
        let found = found.map(|node| node.value.clone());
        found.ok_or_else(|| {
            Problem::Unknown(format!("mapping {map}.{first}.{second}")).at(argument.line)
        })
    }

    fn truths(&self, name: &str, argument: &Node) -> Result<Vec<bool>, Fault> {
        let Value::List(items) = &argument.value else {
            return Err(shape(name, "a list", argument.line));
        };
        items
            .iter()
            .map(|item| truth(&self.resolve(item)?))
            .collect()
    }

    fn arguments<const N: usize>(&self, name: &str, argument: &Node) -> Result<[Node; N], Fault> {
        let Value::List(items) = &argument.value else {
            return Err(shape(name, "a list", argument.line));
        };
        let resolved: Result<Vec<Node>, Fault> =
            items.iter().map(|item| self.resolve(item)).collect();
        resolved?
            .try_into()
            .map_err(|_| shape(name, "a list of the right length", argument.line))
    }

    fn text(&self, name: &str, node: &Node) -> Result<String, Fault> {
        let resolved = self.resolve(node)?;
        text(name, &resolved).map(str::to_owned)
    }
}

fn text<'n>(what: &str, node: &'n Node) -> Result<&'n str, Fault> {
    node.text().ok_or_else(|| shape(what, "a text", node.line))
}

fn list<'n>(what: &str, node: &'n Node) -> Result<&'n [Node], Fault> {
    match &node.value {
        Value::List(items) => Ok(items),
        _ => Err(shape(what, "a list", node.line)),
    }
}

fn shape(what: &str, expected: &'static str, line: usize) -> Fault {
    Problem::Shape {
        what: what.to_owned(),
        expected,
    }
    .at(line)
}

fn boolean(held: bool) -> Value {
    Value::Text(held.to_string())
}

fn same(left: &Node, right: &Node) -> bool {
    match (&left.value, &right.value) {
        (Value::Null, Value::Null) => true,
        (Value::Text(left), Value::Text(right)) => left == right,
        (Value::List(left), Value::List(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| same(left, right))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Node, Scope};
    use crate::template::{Site, site::api_id};

    const TEMPLATE: &str = "
Parameters:
  Stage: { Type: String, Default: prod }
  Ids: { Type: CommaDelimitedList, Default: 'a,b' }
Mappings: { Size: { prod: { memory: 512 } } }
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsDev: !Not [!Condition IsProd]
  Both: !And [!Condition IsProd, !Condition IsDev]
  Either: !Or [!Condition IsProd, !Condition IsDev]
  Loop: !Not [!Condition Loop]
Resources:
  Socket: { Type: AWS::Serverless::WebSocketApi, Properties: { Routes: { $default: {}, sendMessage: {} } } }
  Named: { Type: AWS::Serverless::Function, Properties: { FunctionName: !Sub '${Stage}-named' } }
  Table: { Type: AWS::DynamoDB::Table }
  Database: { Type: AWS::RDS::DBInstance }
";

    fn resolved(expression: &str) -> Result<String, String> {
        let site = Site {
            address: "h:1".to_owned(),
            state: "/nowhere".into(),
            stack_name: "stack".to_owned(),
        };
        let document = Node::parse(TEMPLATE).unwrap();
        let scope = Scope::new(
            &document,
            std::path::Path::new("."),
            &BTreeMap::new(),
            &site,
        )
        .unwrap();
        let node = scope.resolve(&Node::parse(expression).unwrap());
        node.map(|node| node.text().unwrap_or("not a text").to_owned())
            .map_err(|fault| fault.problem.to_string())
    }

    #[test]
    fn every_function_gives_what_cloudformation_gives() {
        for (expression, expected) in [
            ("!Ref Stage", "prod"),
            ("!Ref AWS::Region", "us-east-1"),
            ("!Ref Table", "Table"),
            ("!Ref Named", "prod-named"),
            ("!Ref SocketDefaultRoute", "SocketDefaultRoute"),
            ("!Ref SocketSendmessageRoute", "SocketSendmessageRoute"),
            (
                "!GetAtt Named.Arn",
                "arn:aws:lambda:us-east-1:123456789012:function:prod-named",
            ),
            (
                "!GetAtt [Table, Arn]",
                "arn:aws:dynamodb:us-east-1:123456789012:Table",
            ),
            (
                "!Sub '${Stage}-${AWS::AccountId}-${!Literal}-${Table.Arn}'",
                "prod-123456789012-${Literal}-arn:aws:dynamodb:us-east-1:123456789012:Table",
            ),
            (
                "!Sub ['${a}/${Stage}', { a: !Ref AWS::StackName }]",
                "stack/prod",
            ),
            ("!If [IsProd, yes it is, no]", "yes it is"),
            ("!If [IsDev, 1, 2]", "2"),
            ("!If [Both, 1, 2]", "2"),
            ("!If [Either, 1, 2]", "1"),
            ("!Join ['-', !Ref Ids]", "a-b"),
            ("!Join ['-', [a, !Ref AWS::NoValue, b]]", "a-b"),
            ("!Select [1, !Split ['|', 'x|y']]", "y"),
            ("!FindInMap [Size, !Ref Stage, memory]", "512"),
            ("Fn::Base64: hello", "aGVsbG8="),
        ] {
            assert_eq!(
                resolved(expression).as_deref(),
                Ok(expected),
                "{expression}"
            );
        }
    }

    #[test]
    fn the_address_of_an_api_is_the_address_of_this_machine_however_it_is_put_together() {
        let domain = "execute-api.${AWS::Region}.${AWS::URLSuffix}";
        let of_sub = resolved(&format!("!Sub 'wss://${{Socket}}.{domain}/${{Stage}}'"));
        assert_eq!(of_sub.as_deref(), Ok("ws://h:1/prod"));
        let of_join = resolved(
            "!Join ['', ['https://', !Ref Socket, '.execute-api.us-east-1.amazonaws.com/prod']]",
        );
        assert_eq!(of_join.as_deref(), Ok("http://h:1/prod"));
        assert_eq!(
            resolved("!GetAtt Socket.ApiEndpoint").as_deref(),
            Ok("ws://h:1")
        );
        assert_eq!(resolved("!Ref Socket"), Ok(api_id("Socket")));
    }

    #[test]
    fn what_cannot_be_resolved_says_what_it_is() {
        for (expression, problem) in [
            ("!Ref Nothing", "there is no Nothing"),
            (
                "!GetAtt Database.Endpoint.Address",
                "Database.Endpoint.Address has no value on one machine: pass the value as a parameter",
            ),
            (
                "!ImportValue x",
                "the function ImportValue is not supported on one machine",
            ),
            ("!If [Nope, 1, 2]", "there is no condition Nope"),
            ("!If [Loop, 1, 2]", "Loop refers to itself"),
            ("!Sub '${Stage'", "Sub must be closed by }"),
            ("!Sub '${Ids}'", "Ids must be a text within Sub"),
            (
                "!Select [7, [a]]",
                "Select must be an index within its list",
            ),
        ] {
            assert_eq!(
                resolved(expression),
                Err(problem.to_owned()),
                "{expression}"
            );
        }
    }
}
