//! What names stand for, of resources that SAM does not know.

use std::{collections::BTreeMap, fs};

use local::template::{Site, Template};

#[test]
fn a_stage_stands_for_its_name_and_an_api_for_its_address_here() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("template.yaml");
    let resources = "
  Caller:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: provided.al2023
      Environment:
        Variables:
          URL: !Sub https://${ChatRoom}.execute-api.${AWS::Region}.amazonaws.com/${Stage}
Outputs:
";
    let sample = include_str!("template.yaml");
    fs::write(&path, sample.replace("Outputs:\n", resources)).unwrap();
    let site = Site {
        address: "127.0.0.1:3000".to_owned(),
        state: folder.path().to_owned(),
        stack_name: "local".to_owned(),
    };
    let template = Template::load(&path, &BTreeMap::new(), &site).unwrap();
    let url = &template.functions["Caller"].environment["URL"];
    assert_eq!(url, "http://127.0.0.1:3000/Prod");
}
