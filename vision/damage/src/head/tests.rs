use super::*;

const SHAPE: Shape = Shape { channels: 5, width: 8, layers: 2, heads: 2 };
const CPU: (Number, Device) = (Number::Float, Device::Cpu);

fn largest_difference(a: &Tensor, b: &Tensor) -> f64 {
    assert_eq!(a.size(), b.size());
    (a - b).abs().max().double_value(&[])
}

#[test]
fn a_trace_answers_like_the_network_for_another_number_of_tokens() {
    let mut members = [Network::new(SHAPE, Device::Cpu), Network::new(SHAPE, Device::Cpu)];
    members[1].normalise(&(Tensor::randn([50, 5], CPU) * 3 + 1)).unwrap();
    let traced = trace(&mut members).unwrap();
    for tokens in [1, 3, 17, 400] {
        let (x, places) = (Tensor::randn([tokens, 5], CPU), Tensor::rand([tokens, 2], CPU));
        let eager = together(&members, &x, &places).unwrap();
        let answer = tch::no_grad(|| traced.forward_ts(&[&x, &places])).unwrap();
        assert_eq!(eager.size(), [2, tokens, OUTPUTS]);
        assert!(largest_difference(&eager, &answer) < 1e-5);
    }
}

#[test]
fn padding_changes_nothing() {
    let network = Network::new(SHAPE, Device::Cpu);
    let (x, places) = (Tensor::randn([1, 6, 5], CPU), Tensor::rand([1, 6, 2], CPU));
    let alone = network.forward(&x, &places, None).unwrap();
    let pad = |t: &Tensor| Tensor::cat(&[t, &(t.narrow(1, 0, 4) * 7.0)], 1);
    let keep = Tensor::arange(10, (Number::Int64, Device::Cpu)).lt(6).unsqueeze(0);
    let padded = network.forward(&pad(&x), &pad(&places), Some(&keep)).unwrap();
    assert!(largest_difference(&alone, &padded.narrow(1, 0, 6)) < 1e-5);
    let (alone, padded) = (pooled(&alone, None).unwrap(), pooled(&padded, Some(&keep)).unwrap());
    assert!(largest_difference(&alone, &padded) < 1e-5);
}

#[test]
fn places_tell_tokens_apart_and_order_does_not() {
    let network = Network::new(SHAPE, Device::Cpu);
    let x = Tensor::ones([1, 4, 5], CPU);
    let places = Tensor::rand([1, 4, 2], CPU);
    let answer = network.forward(&x, &places, None).unwrap();
    assert!(largest_difference(&answer.narrow(1, 0, 1), &answer.narrow(1, 1, 1)) > 1e-4);
    let turned = network.forward(&x, &places.flip([1]), None).unwrap().flip([1]);
    assert!(largest_difference(&answer, &turned) < 1e-5);
}
