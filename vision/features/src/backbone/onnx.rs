//! Writes a network as an ONNX file, the format that ONNX Runtime runs.
//!
//! * **node**: one operation, which names the values that it takes and the one that it gives.
//! * **initialiser**: a constant, such as a convolution's weight.
//! * **graph**: nodes in the order in which they run, with their constants, inputs and outputs.
//!
//! An ONNX file is a protobuf message. Only the fields that a backbone needs are declared here, under
//! the numbers of the format's `onnx.proto`; what is declared twice in two places could not differ
//! without the golden outputs failing.

use prost::Message;
use tch::{Kind, TchError, Tensor};

/// Version of the file format that has everything used here.
const IR_VERSION: i64 = 8;
/// Version of the operations: the first with a `Clip` whose limits are values.
const OPERATIONS: i64 = 13;
/// `TensorProto.DataType.FLOAT`.
const FLOAT: i32 = 1;
/// `AttributeProto.AttributeType`.
const INT: i32 = 2;
const INTS: i32 = 7;
const ZERO: &str = "zero";
const SIX: &str = "six";
/// Name of the graph's one input, the pictures.
pub(super) const INPUT: &str = "x";

#[derive(Clone, PartialEq, Message)]
struct ModelProto {
    #[prost(int64, tag = "1")]
    ir_version: i64,
    #[prost(string, tag = "2")]
    producer_name: String,
    #[prost(message, optional, tag = "7")]
    graph: Option<GraphProto>,
    #[prost(message, repeated, tag = "8")]
    opset_import: Vec<OperatorSetId>,
}

#[derive(Clone, PartialEq, Message)]
struct OperatorSetId {
    #[prost(string, tag = "1")]
    domain: String,
    #[prost(int64, tag = "2")]
    version: i64,
}

#[derive(Clone, PartialEq, Message)]
struct GraphProto {
    #[prost(message, repeated, tag = "1")]
    node: Vec<NodeProto>,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(message, repeated, tag = "5")]
    initializer: Vec<TensorProto>,
    #[prost(message, repeated, tag = "11")]
    input: Vec<ValueInfoProto>,
    #[prost(message, repeated, tag = "12")]
    output: Vec<ValueInfoProto>,
}

#[derive(Clone, PartialEq, Message)]
struct NodeProto {
    #[prost(string, repeated, tag = "1")]
    input: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    output: Vec<String>,
    #[prost(string, tag = "3")]
    name: String,
    #[prost(string, tag = "4")]
    op_type: String,
    #[prost(message, repeated, tag = "5")]
    attribute: Vec<AttributeProto>,
}

#[derive(Clone, PartialEq, Message)]
struct AttributeProto {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(int64, optional, tag = "3")]
    i: Option<i64>,
    #[prost(int64, repeated, packed = "false", tag = "8")]
    ints: Vec<i64>,
    #[prost(int32, tag = "20")]
    r#type: i32,
}

#[derive(Clone, PartialEq, Message)]
struct TensorProto {
    #[prost(int64, repeated, packed = "false", tag = "1")]
    dims: Vec<i64>,
    #[prost(int32, tag = "2")]
    data_type: i32,
    #[prost(string, tag = "8")]
    name: String,
    /// The values row by row, each as four bytes, the lowest first.
    #[prost(bytes = "vec", tag = "9")]
    raw_data: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct ValueInfoProto {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, optional, tag = "2")]
    r#type: Option<TypeProto>,
}

#[derive(Clone, PartialEq, Message)]
struct TypeProto {
    #[prost(message, optional, tag = "1")]
    tensor_type: Option<TensorType>,
}

#[derive(Clone, PartialEq, Message)]
struct TensorType {
    #[prost(int32, tag = "1")]
    elem_type: i32,
    #[prost(message, optional, tag = "2")]
    shape: Option<Shape>,
}

#[derive(Clone, PartialEq, Message)]
struct Shape {
    #[prost(message, repeated, tag = "1")]
    dim: Vec<Dimension>,
}

/// A side of a tensor: a number, or the name of one that is known at run time only.
#[derive(Clone, PartialEq, Message)]
struct Dimension {
    #[prost(int64, optional, tag = "1")]
    dim_value: Option<i64>,
    #[prost(string, optional, tag = "2")]
    dim_param: Option<String>,
}

/// A graph in the making: pictures `[n, 3, h, w]` in, feature maps out. Values go by their names.
#[derive(Debug)]
pub(super) struct Graph {
    nodes: Vec<NodeProto>,
    initializers: Vec<TensorProto>,
}

impl Graph {
    /// A graph without nodes.
    ///
    /// # Errors
    /// What libtorch says.
    pub(super) fn new() -> Result<Self, TchError> {
        let mut graph = Self { nodes: Vec::new(), initializers: Vec::new() };
        graph.constant(ZERO, &Tensor::from(0f32))?;
        graph.constant(SIX, &Tensor::from(6f32))?;
        Ok(graph)
    }

    /// A convolution of the value `input` with square kernels. `before` and `after` are the rows of
    /// zeros above and below, and the columns left and right.
    ///
    /// # Errors
    /// What libtorch says of the weights.
    pub(super) fn convolution(
        &mut self,
        input: &str,
        (weight, bias): (&Tensor, &Tensor),
        (stride, groups): (i64, i64),
        (before, after): (i64, i64),
    ) -> Result<String, TchError> {
        let name = format!("conv{}", self.nodes.len());
        let (weight_name, bias_name) = (format!("{name}.weight"), format!("{name}.bias"));
        self.constant(&weight_name, weight)?;
        self.constant(&bias_name, bias)?;
        let attributes = vec![
            ints("kernel_shape", &weight.size()[2..]),
            ints("strides", &[stride; 2]),
            ints("pads", &[before, before, after, after]),
            AttributeProto {
                name: "group".to_owned(),
                i: Some(groups),
                ints: Vec::new(),
                r#type: INT,
            },
        ];
        Ok(self.node("Conv", name, &[input, &weight_name, &bias_name], attributes))
    }

    /// The value `input` between 0 and 6.
    pub(super) fn relu6(&mut self, input: &str) -> String {
        let name = format!("relu{}", self.nodes.len());
        self.node("Clip", name, &[input, ZERO, SIX], Vec::new())
    }

    /// The sum of two values.
    pub(super) fn sum(&mut self, a: &str, b: &str) -> String {
        let name = format!("sum{}", self.nodes.len());
        self.node("Add", name, &[a, b], Vec::new())
    }

    /// The file's content; `outputs` are the feature maps' names and channels, finest first.
    pub(super) fn finish(self, name: &str, outputs: &[(String, i64)]) -> Vec<u8> {
        let free = |name: String| Dimension { dim_value: None, dim_param: Some(name) };
        let fixed = |size: i64| Dimension { dim_value: Some(size), dim_param: None };
        let value = |name: &str, channels: i64, of: &str| {
            let sides = ["h", "w"].map(|side| free(format!("{side}{of}")));
            let [height, width] = sides;
            let dim = vec![free("n".to_owned()), fixed(channels), height, width];
            let tensor_type = TensorType { elem_type: FLOAT, shape: Some(Shape { dim }) };
            let r#type = Some(TypeProto { tensor_type: Some(tensor_type) });
            ValueInfoProto { name: name.to_owned(), r#type }
        };
        let outputs = outputs
            .iter()
            .enumerate()
            .map(|(map, (name, channels))| value(name, *channels, &format!(" of map {map}")));
        let graph = GraphProto {
            node: self.nodes,
            name: name.to_owned(),
            initializer: self.initializers,
            input: vec![value(INPUT, 3, "")],
            output: outputs.collect(),
        };
        let model = ModelProto {
            ir_version: IR_VERSION,
            producer_name: "inspectd".to_owned(),
            graph: Some(graph),
            opset_import: vec![OperatorSetId { domain: String::new(), version: OPERATIONS }],
        };
        model.encode_to_vec()
    }

    fn constant(&mut self, name: &str, tensor: &Tensor) -> Result<(), TchError> {
        let values =
            Vec::<f32>::try_from(&tensor.f_to_kind(Kind::Float)?.f_contiguous()?.f_view([-1])?)?;
        self.initializers.push(TensorProto {
            dims: tensor.size(),
            data_type: FLOAT,
            name: name.to_owned(),
            raw_data: values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        });
        Ok(())
    }

    /// Adds an operation and gives its value's name, which is its own.
    fn node(
        &mut self,
        op_type: &str,
        name: String,
        inputs: &[&str],
        attribute: Vec<AttributeProto>,
    ) -> String {
        self.nodes.push(NodeProto {
            input: inputs.iter().map(|input| (*input).to_owned()).collect(),
            output: vec![name.clone()],
            name: name.clone(),
            op_type: op_type.to_owned(),
            attribute,
        });
        name
    }
}

fn ints(name: &str, values: &[i64]) -> AttributeProto {
    AttributeProto { name: name.to_owned(), i: None, ints: values.to_vec(), r#type: INTS }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    #[test]
    fn a_file_holds_the_graph_with_its_weights() {
        let weight = Tensor::arange(18, (Kind::Float, Device::Cpu)).view([2, 1, 3, 3]);
        let bias = Tensor::from_slice(&[0.5f32, -1.0]);
        let mut graph = Graph::new().unwrap();
        let value = graph.convolution(INPUT, (&weight, &bias), (2, 2), (0, 1)).unwrap();
        let clipped = graph.relu6(&value);
        let sum = graph.sum(&clipped, &value);
        let bytes = graph.finish("small", &[(sum.clone(), 2)]);

        let graph = ModelProto::decode(bytes.as_slice()).unwrap().graph.unwrap();
        let operations: Vec<_> = graph.node.iter().map(|node| node.op_type.as_str()).collect();
        assert_eq!(operations, ["Conv", "Clip", "Add"]);
        let pads = graph.node[0].attribute.iter().find(|attribute| attribute.name == "pads");
        assert_eq!(pads.unwrap().ints, [0, 0, 1, 1], "top, left, bottom, right");
        let names: Vec<_> = graph.initializer.iter().map(|tensor| tensor.name.as_str()).collect();
        assert_eq!(names, [ZERO, SIX, "conv0.weight", "conv0.bias"]);
        assert_eq!(graph.initializer[2].dims, [2, 1, 3, 3]);
        assert_eq!(graph.initializer[2].raw_data[4..8], 1f32.to_le_bytes());
        assert_eq!(graph.initializer[0].dims, [0i64; 0], "a limit is a single number");
        assert_eq!(graph.output[0].name, sum);
    }
}
